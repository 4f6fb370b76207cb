/** The suite's application on Node's own http: alone, under cluster (WORKERS) and under PM2. */

import cluster from "node:cluster";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { DOWNLOAD, TEXTS } from "./work.mjs";

async function answer(req, res) {
  if (req.url === "/echo") {
    let text = "";
    for await (const piece of req.setEncoding("utf8")) text += piece;
    return send(res, JSON.stringify(JSON.parse(text)), "application/json");
  }
  if (req.url === "/download") return send(res, DOWNLOAD, "application/octet-stream");
  if (req.url === "/upload") {
    let size = 0;
    for await (const piece of req) size += piece.length;
    return send(res, String(size));
  }
  const make = TEXTS[req.url];
  if (make === undefined) return res.writeHead(404).end("not here");
  const text = make();
  send(res, typeof text === "string" ? text : await text);
}

function send(res, body, type = "text/plain") {
  res.writeHead(200, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) }).end(body);
}

const workers = Number(process.env.WORKERS ?? 1);
if (workers > 1 && cluster.isPrimary && process.env.PM2_HOME === undefined) {
  for (let i = 0; i < workers; i++) cluster.fork();
} else {
  const server = createServer((req, res) => {
    answer(req, res).catch((error) => {
      if (!res.headersSent) res.writeHead(500);
      res.end(String(error));
    });
  });
  new WebSocketServer({ server }).on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  server.listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 2048 });
}
