/** The fields of an answer for a stream: checked by the one `ResponseHead`, in lower case, without those that belong to HTTP/1 connections. */

import type { OutgoingHttpHeaders } from "node:http2";
import { JunicornError } from "../../base/errors.ts";
import type { HeaderList } from "../../http/exchange.ts";
import { UNKNOWN_LENGTH, type ResponseHead } from "../../http/response-head.ts";

/** `bodyLength` is the body's size where it is known, else UNKNOWN_LENGTH. Leaves what `head` found out in `head`. */
export function answerFields(
  head: ResponseHead,
  server: string,
  status: number,
  headers: HeaderList,
  bodyLength: number,
  isHead: boolean,
): OutgoingHttpHeaders {
  // Of the reason phrase, which HTTP/2 has none of, nothing is checked either.
  head.build(status, "", headers, bodyLength, isHead, 1, true);
  const fields: OutgoingHttpHeaders = { ":status": status };
  addFields(fields, headers);
  if (head.length !== UNKNOWN_LENGTH) fields["content-length"] = String(head.length);
  if (server !== "" && !head.block.hasServer) fields["server"] = server;
  return fields;
}

/** An interim answer (1xx). */
export function interimFields(head: ResponseHead, status: number, headers: HeaderList): OutgoingHttpHeaders {
  // HTTP/2 has no protocol to switch to (RFC 9113 §8.6).
  if (status === 101) throw new JunicornError("ERR_RESPONSE_STATUS", { status });
  head.interim(status, headers);
  const fields: OutgoingHttpHeaders = { ":status": status };
  addFields(fields, headers);
  return fields;
}

export function trailerFields(head: ResponseHead, trailers: HeaderList): OutgoingHttpHeaders {
  head.fields(trailers);
  const fields: OutgoingHttpHeaders = {};
  addFields(fields, trailers);
  return fields;
}

// --- internal ---

/** Connection-specific (RFC 9113 §8.2.2), or written by us. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
  "content-length",
]);

/** A field given more than once is one list to its receiver (RFC 9110 §5.3), and Node lets few go out in several lines: the others are joined. */
function addFields(fields: OutgoingHttpHeaders, list: HeaderList): void {
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    if (LEFT_OUT.has(name)) continue;
    const value = list[i + 1]!;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else if (IN_LINES.has(name)) fields[name] = [String(before), value];
    else fields[name] = `${before}, ${value}`;
  }
}

/** Their values have commas of their own, which some clients trip over. */
const IN_LINES: ReadonlySet<string> = new Set(["set-cookie", "www-authenticate", "proxy-authenticate", "link"]);
