/** wrk, where it is installed: one core of it asks several times as often as one of autocannon. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Histogram } from "../histogram.ts";
import { hostOf, type LoadOptions, type LoadRequest, type LoadResult, requestsOf } from "./options.ts";

/** Before what our script prints among wrk's own lines. */
const MARK = "junicorn-wrk ";

/** The command; its script is written into the folder. */
export function prepareWrk(options: LoadOptions, folder: string): readonly string[] {
  const script = join(folder, "load.lua");
  writeFileSync(script, scriptOf(options));
  const counts = ["-t1", `-c${options.connections}`, `-d${Math.max(1, Math.round(options.seconds))}s`];
  const patience = ["--timeout", `${PATIENCE_SECONDS}s`];
  return ["wrk", ...counts, ...patience, "-s", script, `http://${hostOf(options.at)}/`];
}

export function readWrk(output: string, options: LoadOptions): Omit<LoadResult, "clientCore" | "clientLate"> {
  const line = output.split("\n").find((text) => text.startsWith(MARK));
  if (line === undefined) throw new Error(`wrk said:\n${output}`);
  const said = JSON.parse(line.slice(MARK.length)) as WrkSummary;
  const histogram = new Histogram();
  for (const [microseconds, count] of said.latencies) histogram.add(microseconds / 1000, count);
  const seconds = said.duration / 1e6;
  const requests = said.requests - said.status;
  const failures = Object.entries({
    "answers of 400 and above": said.status,
    "connections refused": said.connect,
    "reads that failed": said.read,
    "writes that failed": said.write,
    [`requests without an answer within ${PATIENCE_SECONDS} s`]: said.timeout,
  }).filter(([, count]) => count > 0);
  return {
    driver: "wrk",
    connections: options.connections,
    rate: null,
    seconds,
    requests,
    requestsPerSecond: requests / seconds,
    bytesPerSecond: said.bytes / seconds,
    latency: histogram.latency(),
    histogram: histogram.buckets(),
    errors: failures.reduce((sum, [, count]) => sum + count, 0),
    firstError: failures.length === 0 ? null : failures.map(([what, count]) => `${count} ${what}`).join(", "),
  };
}

// --- internal ---

const PATIENCE_SECONDS = 10;

interface WrkSummary {
  /** In µs. */
  readonly duration: number;
  readonly requests: number;
  readonly bytes: number;
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  readonly status: number;
  readonly timeout: number;
  /** [µs, count]. */
  readonly latencies: readonly (readonly [number, number])[];
}

/** Sends what is asked for, and prints a summary as one line of JSON. */
function scriptOf({ bodyBytes, ...options }: LoadOptions): string {
  const bytes = bodyBytes === undefined ? "nil" : `string.rep("x", ${bodyBytes})`;
  const requests = requestsOf(options);
  const contentOf = (body: string | undefined): string => (body === undefined ? bytes : quote(body));
  return `${requests.length === 1 ? oneRequest(requests[0]!, contentOf) : inTurns(requests, contentOf)}
function done(summary, latency, _)
  local list = {}
  for i = 1, #latency do
    local value, count = latency(i)
    list[i] = string.format("[%d,%d]", value, count)
  end
  local e = summary.errors
  io.write(string.format(
    '${MARK}{"duration":%d,"requests":%d,"bytes":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"latencies":[%s]}\\n',
    summary.duration, summary.requests, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout, table.concat(list, ",")))
end
`;
}

type ContentOf = (body: string | undefined) => string;

/** Without a function `request` wrk sends the same bytes again and again, and runs no Lua meanwhile. */
function oneRequest({ method, path, headers, body }: LoadRequest, contentOf: ContentOf): string {
  const fields = Object.entries(headers).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`);
  const settings = { method: quote(method), path: quote(path), body: contentOf(body) };
  return [...Object.entries(settings).map(([name, value]) => `wrk.${name} = ${value}`), ...fields].join("\n");
}

function inTurns(requests: readonly LoadRequest[], contentOf: ContentOf): string {
  const lines = requests.map(({ method, path, headers, body }) => {
    const fields = Object.entries(headers).map(([name, value]) => `[${quote(name)}] = ${quote(value)}`);
    const parts = [quote(method), quote(path), `{ ${fields.join(", ")} }`, contentOf(body)];
    return `  requests[#requests + 1] = wrk.format(${parts.join(", ")})`;
  });
  return `local requests, at = {}, 0
function init(args)
${lines.join("\n")}
end
function request()
  at = at % #requests + 1
  return requests[at]
end`;
}

/** As a string of Lua, whatever is in it. */
function quote(text: string): string {
  const bytes = Array.from(Buffer.from(text), (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${String(byte).padStart(3, "0")}`,
  );
  return `"${bytes.join("")}"`;
}
