/** The fields of a stream as the head of a request: pseudo-fields become the request line and Host, and all is held to the parser's rules. */

import type { HeaderList } from "../../http/exchange.ts";
import { headerValue } from "../../http/headers.ts";
import { brokenRule, type Framing, type HeadLimits } from "../../http/request-rules.ts";
import type { RuleName } from "../../http/rules.ts";
import type { RequestHead } from "../engine-exchange.ts";

/**
 * `raw` is what nghttp2 has let pass: names in lower case, pseudo-fields first and none of them twice, no fields that belong to connections.
 * `ends`: no body follows. Returns the rule that is broken, if one is.
 */
export function readHead(
  raw: HeaderList,
  ends: boolean,
  limits: HeadLimits,
  maxHeaderListSize: number,
): RequestHead | RuleName {
  const { method, path, authority, headers, size } = fieldsOf(raw);
  // nghttp2 sees to that from when the client has acknowledged the limit, which one with bad intentions never does.
  if (size > maxHeaderListSize) return "header-list-too-large";
  if (authority !== null && headers[0] === "host" && headers.lastIndexOf("host") > 0) return "host-contradiction";
  if (path === null || !(path.startsWith("/") || (path === "*" && method === "OPTIONS"))) return "bad-target";
  const framing: Framing = { contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "" };
  const rule = brokenRule(method, path, headers, limits, framing);
  if (rule !== null) return rule;
  let { contentLength } = framing;
  if (ends) contentLength = 0;
  else if (contentLength === 0 && headerValue(headers, "content-length") === undefined) contentLength = -1;
  const expectsContinue = framing.expectsContinue && contentLength !== 0;
  return { method, target: path, httpMinor: 1, headers, contentLength, expectsContinue };
}

// --- internal ---

interface Fields {
  method: string;
  path: string | null;
  authority: string | null;
  /** Host first, and one Cookie (RFC 9113 §8.2.3), as an HTTP/1 request would have them. */
  headers: HeaderList;
  /** As RFC 9113 §6.5.2 counts. */
  size: number;
}

function fieldsOf(raw: HeaderList): Fields {
  const fields: Fields = { method: "", path: null, authority: null, headers: [], size: 0 };
  const { headers } = fields;
  let cookieAt = -1;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    fields.size += name.length + value.length + FIELD_OVERHEAD;
    if (name.charCodeAt(0) === COLON) takePseudo(fields, name, value);
    else if (name === "host" && value === fields.authority) continue;
    else if (name !== "cookie") headers.push(name, value);
    else if (cookieAt >= 0) headers[cookieAt] += `; ${value}`;
    else cookieAt = headers.push(name, value) - 1;
  }
  return fields;
}

const COLON = 0x3a;
const FIELD_OVERHEAD = 32;

function takePseudo(fields: Fields, name: string, value: string): void {
  switch (name) {
    case ":method":
      fields.method = value;
      break;
    case ":path":
      fields.path = value;
      break;
    case ":authority":
      fields.authority = value;
      fields.headers.push("host", value);
      break;
    default: // what :scheme says is the client's opinion; ours is that of the connection, or of a proxy that is trusted
  }
}
