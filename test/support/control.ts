/** Asking a server over its control socket, as curl does. */

import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Junicorn } from "./junicorn.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** The JSON, read. */
  readonly body: Record<string, unknown>;
}

/** A directory of its own for the sockets of a test, wherever they are looked for: other servers of this user are not found. */
export function runtimeDirectory(): Record<"XDG_RUNTIME_DIR" | "HOME" | "TMPDIR", string> {
  const directory = mkdtempSync(join(tmpdir(), "junicorn-control-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { XDG_RUNTIME_DIR: directory, HOME: directory, TMPDIR: directory };
}

/** Where a server says that its control socket is, once it does. */
export async function controlSocketOf(server: Junicorn): Promise<string> {
  return (await server.waitFor(/Control socket: (.*)/))[1]!;
}

/** "GET /workers", "POST /reload?wait=1". */
export function askControl(socketPath: string, what: string, body = ""): Promise<ControlAnswer> {
  const [method, path] = what.split(" ");
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers: { Connection: "close" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(text) as Record<string, unknown>,
        }),
      );
    });
    sent.once("error", reject).end(body);
  });
}
