/** From what Node's `writeHead` holds to what an exchange takes: fields, reason phrase, interim answers. */

import { STATUS_CODES } from "../../base/node-http.ts";
import type { HeaderList } from "../../http/exchange.ts";
import type { FieldNames } from "./field-checks.ts";
import { LINK, type LinkedResponse } from "./link.ts";
import { OUT_HEADERS, type OutHeaders } from "./out-headers.ts";

/** Flattens the header argument that `_storeHeader` gets, in any of its four shapes. */
export function fieldsOf(response: LinkedResponse, headers: unknown): HeaderList {
  const list: HeaderList = [];
  const { names } = response[LINK]!.host;
  if (Array.isArray(headers)) addArray(list, headers, names);
  else if (headers !== null && headers !== undefined) {
    if (isStore(response, headers)) for (const key in headers) add(list, headers[key]![0], headers[key]![1]);
    else
      for (const name of Object.keys(headers))
        addChecked(list, name, (headers as Record<string, unknown>)[name], names);
  }
  addOwn(list, response);
  return list;
}

/** The reason phrase to send: "" for the standard one, so that the engine can use its ready status line. */
export function reasonOf(response: LinkedResponse): string {
  const { statusMessage } = response;
  return statusMessage === undefined || statusMessage === STATUS_CODES[response.statusCode] ? "" : statusMessage;
}

/** Reads an interim answer back from the text in which Node writes it; null for anything else. */
export function interimOf(text: string): { status: number; headers: HeaderList } | null {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.1 (1\d\d) /.exec(first)?.[1];
  if (status === undefined) return null;
  const headers: HeaderList = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.push(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers };
}

// --- internal ---

/** True for Node's own store, which `writeHead` passes once `setHeader` was used. */
function isStore(response: LinkedResponse, headers: unknown): headers is OutHeaders {
  return headers === response[OUT_HEADERS];
}

function addArray(list: HeaderList, headers: unknown[], names: FieldNames): void {
  if (Array.isArray(headers[0])) {
    for (const [name, value] of headers as [string, unknown][]) addChecked(list, name, value, names);
    return;
  }
  if (headers.length % 2 !== 0) {
    throw Object.assign(new TypeError("The argument 'headers' is invalid: names and values must come in pairs"), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  }
  for (let i = 0; i < headers.length; i += 2) addChecked(list, headers[i] as string, headers[i + 1], names);
}

/** For `writeHead(status, headers)`, where Node has not looked at the fields yet. */
function addChecked(list: HeaderList, name: string, value: unknown, names: FieldNames): void {
  names.check(name, value);
  add(list, name, value);
}

function add(list: HeaderList, name: string, value: unknown): void {
  if (typeof value === "string") list.push(name, value);
  else if (!Array.isArray(value)) list.push(name, String(value));
  else if (value.length > 1 && name.length === 6 && name.toLowerCase() === "cookie") list.push(name, value.join("; "));
  else for (const one of value) list.push(name, String(one));
}

/** What the application said by other means than a header. */
function addOwn(list: HeaderList, response: LinkedResponse): void {
  if (!response.shouldKeepAlive) list.push("Connection", "close");
  // Set by Node's own `end()` only: ours leaves the length to the engine.
  if (response._contentLength === null || !response._hasBody) return;
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase();
    if (name === "content-length" || name === "transfer-encoding") return;
  }
  list.push("Content-Length", String(response._contentLength));
}
