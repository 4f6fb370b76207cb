// Records what it is given, connection by connection, in both interfaces: `fetch` and `node`. "/control/..." is for the fuzzer.

import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";

/** By the client's port: a list of requests in the order in which they came. */
let seen = {};

/** `end`: "whole", the body came to a sound end; "cut", it failed; "open", neither yet; "unread", nobody looked. */
function note(port, request) {
  const record = { ...request, body: "", end: "open" };
  (seen[port] ??= []).push(record);
  return record;
}

const CONTROL = {
  /** All that has arrived before is read and dealt with. */
  "/control/turn": async () => {
    await turn();
    return "";
  },
  "/control/settle": async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(2);
      await turn();
    }
    return "";
  },
  /** What was seen since the last time. */
  "/control/take": async () => {
    const taken = JSON.stringify(seen);
    seen = {};
    return taken;
  },
};

export const fetcher = {
  fetch(request, info) {
    const { pathname, search } = new URL(request.url);
    const control = CONTROL[pathname];
    if (control) return control().then((text) => new Response(text));
    const fields = [...request.headers];
    const record = note(info.remotePort, { method: request.method, target: pathname + search, fields });
    // At once, so that uWebSockets goes on with what stands behind it.
    if (request.body === null) record.end = "whole";
    else if (pathname.startsWith("/unread")) record.end = "unread";
    // Never early: once it is answered, its body cannot be read any more.
    else {
      const trailers = async () => [...(await info.trailers)];
      return readInto(record, request.body, trailers).then(() => answerTo(pathname));
    }
    return pathname.startsWith("/late") ? sleep(1).then(() => answerTo(pathname)) : answerTo(pathname);
  },
};

export function node(req, res) {
  const control = CONTROL[req.url];
  if (control) return control().then((text) => res.end(text));
  const fields = pairs(req.rawHeaders);
  const { method, url: target, httpVersion } = req;
  const record = note(req.socket.remotePort, { method, target, httpVersion, fields });
  if (!fields.some(([name]) => name === "content-length" || name === "transfer-encoding")) record.end = "whole";
  else if (target.startsWith("/unread")) record.end = "unread";
  else {
    const read = readInto(record, req, () => pairs(req.rawTrailers));
    if (!target.startsWith("/early")) return read.then(() => answer(target, res));
  }
  if (target.startsWith("/late")) setTimeout(() => answer(target, res), 1);
  else answer(target, res);
}

/** "/close" ends the connection, and "/stream" comes in two parts. */
function answerTo(target) {
  if (target.startsWith("/close")) return new Response("the last", { headers: { Connection: "close" } });
  return new Response(
    target.startsWith("/stream") ? ReadableStream.from([Buffer.from("a"), Buffer.from("b")]) : "answer",
  );
}

function answer(target, res) {
  if (target.startsWith("/close")) res.setHeader("Connection", "close");
  if (target.startsWith("/stream")) res.write("a");
  res.end("answer");
}

/** Names in lower case, as uWebSockets has them. */
function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i].toLowerCase(), raw[2 * i + 1]]);
}

async function readInto(record, body, trailers) {
  try {
    for await (const piece of body) record.body += Buffer.from(piece).toString("latin1");
    record.trailers = await trailers();
    record.end = "whole";
  } catch {
    record.end = "cut";
  }
}
