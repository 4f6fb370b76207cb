/** Connect-style middleware in a chain of our own: what it exports is a function of (req, res). */

import { createServer } from "node:http";
import bodyParser from "body-parser";
import {
  compression,
  describeUpload,
  files,
  listen,
  logOf,
  LONG_TEXT,
  morgan,
  session,
  streamCompressed,
  upload,
} from "./shared.mjs";
import { raw } from "./raw.mjs";

const chain = [
  [/^/, morgan],
  [/^\/raw\//, (req, res, next) => raw(req, res) || next()],
  [/^\/files\//, mounted("/files", files)],
  [/^\/json/, bodyParser.json()],
  [/^\/form/, bodyParser.urlencoded({ extended: false })],
  [/^\/upload/, upload],
  [/^\/compressed/, compression],
  [/^\/session/, session],
  [/^\/(\?|$)/, (req, res) => res.end(`hello from ${req.socket.remoteAddress}, http://${req.headers.host}`)],
  [/^\/json/, (req, res) => json(res, req.method === "POST" ? { received: req.body } : { a: 1 })],
  [/^\/form/, (req, res) => json(res, req.body)],
  [/^\/upload/, (req, res) => json(res, describeUpload(req.file, req.body))],
  [/^\/compressed\/stream/, (_req, res) => void streamCompressed(res)],
  [/^\/compressed/, (_req, res) => res.setHeader("Content-Type", "text/plain").end(LONG_TEXT)],
  [/^\/session/, (req, res) => res.end(`count ${(req.session.count = (req.session.count ?? 0) + 1)}`)],
  [/^\/log/, (req, res) => json(res, logOf(new URL(req.url, "http://a").searchParams.get("mark")))],
  [/^\/redirect/, (_req, res) => res.writeHead(302, { Location: "/json?from=redirect" }).end()],
  [/^\/cookies/, (_req, res) => res.setHeader("Set-Cookie", ["a=1; HttpOnly", "b=2; Path=/b"]).end("cookies")],
  [/^\/empty/, (_req, res) => res.writeHead(204).end()],
  [/^\/fail\/next/, (_req, _res, next) => next(Object.assign(new Error("next"), { status: 418 }))],
];

export default function app(req, res) {
  const step = (index, error) => {
    if (error) return finish(res, error.status ?? 500, error.message);
    const entry = chain[index];
    if (entry === undefined) return finish(res, 404, "no such thing");
    const [pattern, middleware] = entry;
    if (!pattern.test(req.url)) return step(index + 1);
    middleware(req, res, (problem) => step(index + 1, problem));
  };
  step(0);
}

if (process.env.TELL_PORT) listen(createServer(app));

// --- internal ---

function mounted(prefix, middleware) {
  return (req, res, next) => {
    req.originalUrl = req.url;
    req.url = req.url.slice(prefix.length);
    middleware(req, res, next);
  };
}

function json(res, value) {
  res.setHeader("Content-Type", "application/json");
  res.end(JSON.stringify(value));
}

function finish(res, status, message) {
  res.statusCode = status;
  res.end(message);
}
