function connect() {
  throw new TypeError("no such host");
}

connect();
