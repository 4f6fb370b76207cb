/** `environ["wsgi.errors"]`: text that an application writes about a request goes to the error log. */

import type { Log } from "../../base/log.ts";
import type { WsgiErrors } from "./types.ts";

export class ErrorsWriter implements WsgiErrors {
  readonly #log: Log;
  #partial = "";

  constructor(log: Log) {
    this.#log = log;
  }

  /** Lines are logged once they are complete; those of one call stay together. */
  write(text: string): void {
    const all = this.#partial + String(text);
    const end = all.lastIndexOf("\n");
    this.#partial = all.slice(end + 1);
    if (end >= 0) this.#log.error(all.slice(0, end));
  }

  writelines(lines: Iterable<string>): void {
    let text = "";
    for (const line of lines) text += String(line);
    this.write(text);
  }

  /** Logs a last line that has no end. The server calls it when the request is over. */
  flush(): void {
    const rest = this.#partial;
    this.#partial = "";
    if (rest !== "") this.#log.error(rest);
  }
}
