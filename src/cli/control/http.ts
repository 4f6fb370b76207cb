/** One request over a control socket. */

import { request } from "../../base/node-http.ts";

import { JunicornError } from "../../base/errors.ts";
import type { Failure } from "../../master/control/api.ts";

export interface CallOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  /** How long the answer may take, in ms; 0: as long as it takes. */
  readonly patienceMs?: number;
}

/**
 * The body of the answer. Throws `ERR_CONTROL_REFUSED` with what the server says is wrong, and `ERR_CONTROL_UNREACHABLE` if there is no answer.
 */
export async function call<Body>(socketPath: string, path: string, options: CallOptions = {}): Promise<Body> {
  const { status, text } = await exchange(socketPath, path, options);
  const body = parse(socketPath, text);
  if (status < 400) return body as Body;
  const { error = `status ${status}` } = body as Partial<Failure>;
  throw new JunicornError("ERR_CONTROL_REFUSED", { problem: error });
}

// --- internal ---

const PATIENCE_MS = 5000;

function exchange(socketPath: string, path: string, options: CallOptions): Promise<{ status: number; text: string }> {
  const { method = "GET", patienceMs = PATIENCE_MS } = options;
  return new Promise((resolve, reject) => {
    const unreachable = (problem: string): void =>
      reject(new JunicornError("ERR_CONTROL_UNREACHABLE", { problem: `${socketPath}: ${problem}` }));
    const sent = request({ socketPath, path, method, headers: { Connection: "close" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", (error) => unreachable(error.message));
    });
    sent.on("error", (error) => unreachable(explain(error)));
    // A master that is stopped (SIGSTOP), or whose machine is out of breath.
    if (patienceMs > 0)
      sent.setTimeout(patienceMs, () => {
        unreachable(`the server has not answered for ${patienceMs / 1000} s`);
        sent.destroy();
      });
    sent.end();
  });
}

function parse(socketPath: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JunicornError("ERR_CONTROL_UNREACHABLE", {
      problem: `${socketPath}: what answers there is no Junicorn`,
    });
  }
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "there is no such socket";
    case "ECONNREFUSED":
    case "ENOTSOCK":
      return "no server listens there";
    case "EACCES":
      return "permission denied: it belongs to another user";
    case "ECONNRESET":
    case "EPIPE":
      return "the server has closed the connection without an answer";
    default:
      return error.message;
  }
}
