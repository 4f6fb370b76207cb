/** An unmodified server with `ws`: echoes, tells everybody, closes as it is asked to, and answers plain requests. */

import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((req, res) => {
  let bytes = 0;
  req.on("data", (chunk) => (bytes += chunk.length));
  req.on("end", () => res.end(`plain ${req.method} ${bytes} ${process.pid}`));
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 100 } });

server.on("upgrade", (req, socket, head) => {
  if (req.url === "/refused") return void socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
  sockets.handleUpgrade(req, socket, head, (client) => sockets.emit("connection", client, req));
});

sockets.on("connection", (client, req) => {
  client.send(JSON.stringify({ url: req.url, from: req.socket.remoteAddress, pid: process.pid }));
  client.on("message", (data, isBinary) => {
    const text = isBinary ? "" : Buffer.from(data).toString();
    if (text.startsWith("close ")) client.close(Number(text.slice(6)), "as asked");
    else if (text === "cut") client.terminate();
    else if (text.startsWith("all ")) for (const other of sockets.clients) other.send(text);
    else client.send(data, { binary: isBinary });
  });
  client.on("close", (code) => console.log(`closed with ${code}`));
});

server.listen(3000);
