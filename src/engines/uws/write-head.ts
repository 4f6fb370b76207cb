/** Writes a head through uWebSockets in as few calls as can be: mostly one. */

import { latin1Bytes, type FieldBlock } from "../../http/field-block.ts";
import type { UwsResponse } from "./binding.ts";

/** The parts of a ResponseHead that are needed here. */
export interface HeadParts {
  readonly statusText: string;
  readonly block: FieldBlock;
  /** Content-Length, or -1. */
  readonly length: number;
  readonly bodiless: boolean;
  /** The connection ends with the answer. */
  readonly close: boolean;
  readonly connectionLine: string;
}

/**
 * All values have been checked, so whole lines may be passed as the rest of the status, or of the first field's value. uWebSockets writes Date and the framing itself,
 * but for an answer without a body: told its length, it would wait for the bytes for ever.
 * `withConnection`: uWebSockets will not say that the connection closes, so we do.
 */
export function writeHead(res: UwsResponse, head: HeadParts, serverHeader: string, withConnection: boolean): void {
  const { block, statusText } = head;
  const sendsLength = head.bodiless && head.length >= 0;
  if (!block.hasDate && !block.hasServer && !sendsLength && !withConnection && serverHeader !== "") {
    const lead = block.under(statusText, serverHeader);
    res.writeStatus(block.ascii || typeof lead !== "string" ? lead : latin1Bytes(lead));
    return;
  }
  if (statusText !== "200 OK") res.writeStatus(statusText);
  let lines = block.hasDate ? withoutDate(block.lines) : block.lines;
  if (sendsLength) lines += "\r\nContent-Length: " + head.length;
  if (withConnection) lines += "\r\n" + head.connectionLine.slice(0, -2);
  if (block.hasServer || serverHeader === "") {
    if (lines !== "") writeLines(res, lines, block.ascii);
  } else {
    writeField(res, SERVER, serverHeader + lines, block.ascii);
  }
}

/**
 * Writes an answer whose body is known. Where the client asked for the end, uWebSockets keeps to that without saying so. Where that is said only because the request
 * is not here as a whole, the client is left to close: closing on what it still sends would reset the connection, and the answer be lost.
 */
export function writeWhole(
  res: UwsResponse,
  head: HeadParts,
  body: string | Uint8Array | ArrayBuffer,
  serverHeader: string,
  wantsClose: boolean,
  requestOver: boolean,
): void {
  const closes = head.close && requestOver && !head.bodiless;
  writeHead(res, head, serverHeader, wantsClose || (head.close && !closes));
  if (head.bodiless) res.endWithoutBody();
  else if (closes) res.end(body, true);
  else res.end(body); // one argument less to carry over
}

/** A copy to keep: the builder that says all this is shared. */
export function partsOf(head: HeadParts): HeadParts {
  const { statusText, block, length, bodiless, close, connectionLine } = head;
  return { statusText, block, length, bodiless, close, connectionLine };
}

/** Writes a head that was built a while ago: the connection may have to end with the answer after all. True if it does. */
export function writeHeldHead(
  res: UwsResponse,
  built: HeadParts,
  host: { readonly keepsConnections: boolean; readonly serverHeader: string },
): boolean {
  const kept = host.keepsConnections || built.close;
  const head = kept ? built : { ...built, close: true, connectionLine: "Connection: close\r\n" };
  writeHead(res, head, host.serverHeader, head.close);
  return head.close;
}

// --- internal ---

const SERVER = latin1Bytes("Server");

function writeLines(res: UwsResponse, lines: string, ascii: boolean): void {
  const colon = lines.indexOf(": ");
  writeField(res, lines.slice(2, colon), lines.slice(colon + 2), ascii);
}

/** A string would go out as UTF-8; fields are latin-1. */
function writeField(res: UwsResponse, name: string | ArrayBuffer, value: string | ArrayBuffer, ascii: boolean): void {
  res.writeHeader(name, ascii || typeof value !== "string" ? value : latin1Bytes(value));
}

/** uWebSockets always writes a Date, and there must be only one. */
function withoutDate(lines: string): string {
  return lines
    .split("\r\n")
    .filter((line) => !line.toLowerCase().startsWith("date:"))
    .join("\r\n");
}
