import http from "node:http";

http.createServer((req, res) => res.end("first")).listen(3000);
globalThis.metrics = http.createServer((req, res) => res.end("second")).listen(0, "127.0.0.1");
