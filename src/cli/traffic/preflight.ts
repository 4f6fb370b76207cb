/** Before anything is measured: each request is sent once, for what is measured must work at all; and how long they take is how long a run must be. */

import { setTimeout as sleep } from "node:timers/promises";

import { JunicornError } from "../../base/errors.ts";
import { request as httpRequest } from "../../base/node-http.ts";
import type { LoadRequest } from "../../measure/load/options.ts";
import type { Candidate } from "../../tune/candidate.ts";
import { lineOf } from "./requests.ts";
import { type Bench, firstLogLine, withServer } from "./trial.ts";

/** Resolves with the longest that one took, in ms. Throws ERR_LOAD for one that fails, and for a server that does not come up. */
export async function preflight(candidate: Candidate, requests: readonly LoadRequest[], bench: Bench): Promise<number> {
  const result = await withServer(candidate, requests[0]!, bench, async (server, port) => {
    let longest = 0;
    for (const request of requests.slice(0, MOST)) {
      const began = performance.now();
      const answer = await ask(port, request, bench.signal);
      longest = Math.max(longest, performance.now() - began);
      if (answer.status !== null && answer.status < 400) continue;
      const said = answer.text.trim().split(/\r?\n/, 1)[0] ?? "";
      const status = answer.status === null ? "gets no answer" : `is answered ${answer.status}`;
      // The log takes another way than the answer.
      await sleep(LOG_MS);
      const line = firstLogLine(server.printed);
      const problem = `${lineOf(request)} ${status}${said === "" ? "" : `: ${said}`}${line === null ? "" : `\nlog: ${line}`}`;
      throw new JunicornError("ERR_LOAD", { problem: `${problem}\n${HINT}` });
    }
    return longest;
  });
  if (typeof result === "number") return result;
  throw new JunicornError("ERR_LOAD", { problem: result.problem });
}

// --- internal ---

const HINT = "What is measured must succeed: --path, --method, --header, --body and --script say what is asked";
const MOST = 50;
const LOG_MS = 100;
const PATIENCE_MS = 30_000;

function ask(
  port: number,
  { method, path, headers, body }: LoadRequest,
  signal: AbortSignal,
): Promise<{ status: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (text: string): void => {
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ status: null, text });
    };
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path, headers: { ...headers }, agent: false, signal },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text = (text + chunk).slice(0, 1000)));
        answer.once("end", () =>
          resolve({ status: answer.statusCode ?? null, text: (answer.statusCode ?? 0) < 400 ? "" : text }),
        );
        answer.once("error", (error) => fail(error.message));
      },
    );
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error(`nothing came for ${PATIENCE_MS / 1000} s`)));
    request.once("error", (error) => fail(error.message));
    request.end(body);
  });
}
