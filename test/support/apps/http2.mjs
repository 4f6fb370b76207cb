// What the tests of HTTP/2 servers ask for, as a node application.
import { threadId } from "node:worker_threads";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default async (req, res) => {
  const { pathname, searchParams } = new URL(req.url, "http://h");
  if (pathname === "/slow") await sleep(Number(searchParams.get("ms")));
  if (pathname === "/hints") res.writeEarlyHints({ link: "</a.css>; rel=preload" });
  res.setHeader("x-pid", process.pid);
  res.setHeader("content-type", "application/json");
  res.end(
    JSON.stringify({
      version: req.httpVersion,
      major: req.httpVersionMajor,
      headers: req.headers,
      encrypted: req.socket.encrypted,
      thread: threadId,
      at: performance.timeOrigin + performance.now(),
    }),
  );
};
