/** The access log in pino's shape, as pino-http has it: `req`, `res` and `responseTime`. */

import { jsonHead } from "../../base/log-line.ts";
import type { Exchange } from "../exchange.ts";
import { headerValue } from "../headers.ts";
import type { AccessLog } from "../access-log.ts";

/** `write` gets each line without its end. Of the header fields it has those that tell who asks for what; credentials stay out. */
export function jsonAccessLog(write: (line: string) => void): AccessLog {
  const head = jsonHead("info");
  const log = (exchange: Exchange, milliseconds: number): void => {
    const { method, target, httpVersion, peer, rawHeaders, status, bytesSent } = exchange;
    const request =
      `{"id":${exchange.serial},"method":${JSON.stringify(method)},"url":${JSON.stringify(target)},"httpVersion":"${httpVersion}",` +
      `"headers":{${fields(rawHeaders)}},"remoteAddress":${JSON.stringify(peer.remoteAddress)},"remotePort":${peer.remotePort}}`;
    const response = `{"statusCode":${status === 0 ? null : status},"bodyBytes":${bytesSent}}`;
    const outcome = status === 0 ? "request aborted" : "request completed";
    write(
      `${head(Date.now())},"req":${request},"res":${response},"responseTime":${milliseconds.toFixed(3)},"msg":"${outcome}"}`,
    );
  };
  return { log };
}

// --- internal ---

const SHOWN = ["host", "user-agent", "referer", "x-forwarded-for", "x-request-id"];

function fields(rawHeaders: Exchange["rawHeaders"]): string {
  let text = "";
  for (const name of SHOWN) {
    const value = headerValue(rawHeaders, name);
    if (value !== undefined) text += `${text === "" ? "" : ","}"${name}":${JSON.stringify(value)}`;
  }
  return text;
}
