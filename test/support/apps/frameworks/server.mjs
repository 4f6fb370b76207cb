/** A plain `http.Server` with what such servers use: several events, classes of its own, nothing of a framework. */

import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { listen } from "./shared.mjs";
import { raw } from "./raw.mjs";

class Request extends IncomingMessage {
  get path() {
    return this.url.split("?")[0];
  }
}

class Response extends ServerResponse {
  json(value) {
    this.setHeader("Content-Type", "application/json");
    this.end(JSON.stringify(value));
  }
}

const server = createServer({ IncomingMessage: Request, ServerResponse: Response, keepAliveTimeout: 5000 });
server.on("request", (req, res) => {
  if (raw(req, res)) return;
  switch (`${req.method === "HEAD" ? "GET" : req.method} ${req.path}`) {
    case "GET /":
      return res.end(`hello from ${req.socket.remoteAddress}, http://${req.headers.host}`);
    case "GET /json":
      return res.json({ a: 1 });
    case "POST /json":
      return req.toArray().then((parts) => res.json({ received: JSON.parse(Buffer.concat(parts).toString()) }));
    case "GET /redirect":
      return res.writeHead(302, { Location: "/json?from=redirect" }).end();
    case "GET /cookies":
      return res.setHeader("Set-Cookie", ["a=1; HttpOnly", "b=2; Path=/b"]).end("cookies");
    case "GET /empty":
      return res.writeHead(204).end();
    case "GET /stream":
      return Readable.from(["a", "b", "c"]).pipe(res);
    default:
      return res.writeHead(404, { "Content-Type": "text/plain" }).end(`no ${req.path} for ${req.method}`);
  }
});

listen(server);
