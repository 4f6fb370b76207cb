/** An application whose clients may be slow: it reads bodies, and gives large answers. */

const PIECE = Buffer.alloc(64 * 1024, "x");

export default (req, res) => {
  if (req.url === "/read") {
    let bytes = 0;
    req.on("data", (chunk) => (bytes += chunk.length));
    req.on("end", () => res.end(String(bytes)));
    return;
  }
  if (req.url === "/big") {
    res.setHeader("Content-Length", PIECE.length * 1024);
    let left = 1024;
    const more = () => {
      while (left > 0) if ((left--, !res.write(PIECE))) return void res.once("drain", more);
      res.end();
    };
    return more();
  }
  if (req.url === "/medium") return res.end(PIECE);
  if (req.url === "/whole") return res.end(Buffer.alloc(16 * 2 ** 20));
  res.end("hello");
};
