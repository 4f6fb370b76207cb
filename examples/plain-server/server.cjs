// A server as it was written long before Junicorn: it exports nothing and listens by itself. It runs unmodified.
//
//     npx junicorn examples/plain-server/server.cjs
//     node examples/plain-server/server.cjs           (the same, without Junicorn)

const http = require("node:http");

const server = http.createServer((req, res) => {
  if (req.method === "GET" && req.url === "/") {
    res.setHeader("Content-Type", "text/plain");
    res.end("Hello from node:http!\n");
  } else if (req.method === "POST" && req.url === "/echo") {
    res.setHeader("Content-Type", req.headers["content-type"] ?? "application/octet-stream");
    req.pipe(res);
  } else if (req.method === "GET" && req.url === "/stream") {
    res.writeHead(200, { "Content-Type": "text/plain" });
    let line = 0;
    const timer = setInterval(() => {
      res.write(`line ${++line}\n`);
      if (line === 3) res.end();
    }, 20);
    res.on("close", () => clearInterval(timer));
  } else if (req.method === "GET" && req.url === "/error") {
    throw new Error("this route always fails");
  } else {
    res.writeHead(404).end("Not found\n");
  }
});

// Upgraded connections are handed over as raw sockets.
server.on("upgrade", (req, socket, head) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.write(head); // what came right behind the request
  socket.pipe(socket);
});

if (require.main === module) {
  server.listen(process.env.PORT ?? 3000, () => console.log("listening on", server.address()));
}
