/** The access log: a format in Gunicorn's language, compiled once, and a line for every request that is over. */

import { Line } from "./access-log/line.ts";
import { parseFormat } from "../base/log-format.ts";
import type { Exchange } from "./exchange.ts";

export { checkAccessLogFormat, DEFAULT_ACCESS_LOG_FORMAT } from "../base/log-format.ts";

export interface AccessLog {
  /** Writes the line of an exchange that is over. `milliseconds` is how long it took since `exchange.startedAt`. */
  log(exchange: Exchange, milliseconds: number): void;
}

/**
 * Compiles a format; `write` gets each line without its end, in printable ASCII. Throws if `checkAccessLogFormat` has an objection.
 * An atom that is unknown or has no value shows as "-".
 */
export function compileAccessLog(format: string, write: (line: string) => void): AccessLog {
  const { literals, names } = parseFormat(format);
  const line = new Line(names, literals);
  return { log: (exchange, milliseconds) => write(line.of(exchange, milliseconds)) };
}
