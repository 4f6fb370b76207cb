/** Reads JSON and answers with it, on a plain Node server: runs alone, and under Junicorn. */

import { createServer } from "node:http";

createServer((req, res) => {
  let text = "";
  req.setEncoding("utf8");
  req.on("data", (piece) => (text += piece));
  req.on("end", () => {
    const body = JSON.stringify(req.method === "POST" ? JSON.parse(text) : {});
    res.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
    res.end(body);
  });
}).listen(Number(process.env.PORT), "127.0.0.1", 2048);
