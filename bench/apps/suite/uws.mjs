/** What of the suite can be said in a few lines of raw uWebSockets.js. */

import uws from "uWebSockets.js";
import { DOWNLOAD, timer } from "./work.mjs";

uws
  .App()
  .post("/echo", (res) => {
    const pieces = [];
    res.onAborted(() => {});
    res.onData((piece, last) => {
      pieces.push(Buffer.from(piece.slice(0)));
      if (last)
        res.writeHeader("Content-Type", "application/json").end(JSON.stringify(JSON.parse(Buffer.concat(pieces))));
    });
  })
  .post("/upload", (res) => {
    let size = 0;
    res.onAborted(() => {});
    res.onData((piece, last) => {
      size += piece.byteLength;
      if (last) res.end(String(size));
    });
  })
  .get("/download", (res) => res.end(DOWNLOAD))
  .get("/timer", (res) => {
    let gone = false;
    res.onAborted(() => (gone = true));
    void timer().then((text) => gone || res.cork(() => res.end(text)));
  })
  .ws("/*", { message: (socket, message, isBinary) => socket.send(message, isBinary) })
  .any("/*", (res) => res.writeHeader("Content-Type", "text/plain").end("Hello, World!"))
  .listen("127.0.0.1", Number(process.env.PORT), (socket) => {
    if (!socket) process.exit(1);
  });
