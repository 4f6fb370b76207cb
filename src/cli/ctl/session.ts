/** One run of `junicorn ctl`: finds the server, asks it, prints the answer. */

import { processEnvironment } from "../../config/sources.ts";
import { findSocket, type Target } from "../control/find.ts";
import { call, type CallOptions } from "../control/http.ts";
import { sizeOf, type Style, styleFor } from "../../base/terminal/style.ts";

export interface SessionOptions extends Target {
  readonly json?: boolean;
}

export class CtlSession {
  readonly #options: SessionOptions;
  #socket: string | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get style(): Style {
    return styleFor(process.stdout, processEnvironment());
  }

  /** Columns of the terminal; Infinity where the output goes elsewhere. */
  get width(): number {
    return sizeOf(process.stdout).width;
  }

  /** Asks the server. Throws what it says is wrong. */
  async ask<Body>(path: string, options?: CallOptions): Promise<Body> {
    this.#socket ??= await findSocket(this.#options);
    return await call<Body>(this.#socket, path, options);
  }

  /** Prints the answer: as it is with `--json`, else as `text` puts it. */
  print<Body>(body: Body, text: (body: Body) => string | readonly string[]): void {
    const lines = this.#options.json === true ? JSON.stringify(body, null, 2) : text(body);
    process.stdout.write(`${typeof lines === "string" ? lines : lines.join("\n")}\n`);
  }
}
