function connect(host: string): void {
  throw new TypeError(`no such host: ${host}`);
}

connect("db");
