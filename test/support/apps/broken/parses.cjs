JSON.parse("{oops");
