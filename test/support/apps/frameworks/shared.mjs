/** What the applications of this folder share: ordinary middleware, and how they listen. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import compressionOf from "compression";
import cookieSession from "cookie-session";
import morganOf from "morgan";
import multer from "multer";
import serveStatic from "serve-static";

export const FILES = fileURLToPath(new URL("files", import.meta.url));

/** Longer than the 1 KiB from which `compression` compresses. */
export const LONG_TEXT = "All work and no play makes Jack a dull boy.\n".repeat(100);

export const compression = compressionOf();
export const files = serveStatic(FILES, { index: "page.html" });
export const session = cookieSession({ name: "session", keys: ["not secret"], maxAge: 3_600_000 });
export const upload = multer().single("file");

const lines = [];

export const morgan = morganOf(
  ":method :url :status :res[content-length] :remote-addr HTTP/:http-version :user-agent :referrer",
  { stream: { write: (line) => lines.push(line) } },
);

/** The lines that morgan wrote about requests with `mark` in their target. */
export function logOf(mark) {
  return lines.filter((line) => line.includes(mark) && !line.includes("/log"));
}

/** What is answered to an upload. */
export function describeUpload(file, body) {
  const { originalname, mimetype, size, buffer } = file;
  return {
    originalname,
    mimetype,
    size,
    sha256: createHash("sha256").update(buffer).digest("hex"),
    body: { ...body },
  };
}

/** Compressed in pieces, each of them sent when it is made. */
export async function streamCompressed(res) {
  res.setHeader("Content-Type", "text/plain; charset=utf-8");
  for (let i = 0; i < 4; i++) {
    res.write(`part ${i}\n`);
    res.flush();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  res.end();
}

/** A connect-style middleware as a promise, for frameworks that want one. */
export function run(middleware, req, res) {
  return new Promise((resolve, reject) => middleware(req, res, (error) => (error ? reject(error) : resolve())));
}

/** Listens as servers do. Run by Node itself it says where; run by Junicorn it never listens. */
export function listen(server) {
  const listening = server.listen(0, "127.0.0.1", () => {
    if (process.env.TELL_PORT) process.stdout.write(`port ${listening.address().port}\n`);
  });
}
