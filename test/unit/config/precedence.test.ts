/** Every setting × every source: the strongest source that names a setting gives its value, and is named as its origin. */

import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mainFlag } from "../../../src/config/argv/program.ts";
import { type SettingName, SETTINGS } from "../../../src/config/settings/index.ts";
import { directory, resolved } from "./support.ts";

/** For each setting four values that are not its default: as typed, and as a config file says them. A new row needs a line here. */
const SAMPLES: Record<SettingName, readonly [typed: string, value: unknown][]> = {
  config: [],
  checkConfig: [["true", true]],
  printConfig: [["true", true]],
  app: words("a.js", "b.js:app", "c", "./d.mjs"),
  interface: words("fetch", "node", "wsgi", "fetch"),
  fastFetch: [["false", false]],
  bind: [
    ["127.0.0.1:1", ["127.0.0.1:1"]],
    ["unix:/b", ["unix:/b"]],
    [":3,:4", [":3", ":4"]],
    ["fd://4", ["fd://4"]],
  ],
  backlog: numbers(1, 2, 3, 4),
  reusePort: [["true", true]],
  workers: numbers(2, 3, 4, 5),
  workerClass: words("async", "gthread", "async", "gthread"),
  httpEngine: words("uws", "llhttp", "uws", "llhttp"),
  workerConnections: numbers(1, 2, 3, 4),
  threads: numbers(2, 3, 4, 5),
  threadMemoryLimit: numbers(1, 2, 3, 4),
  timeout: numbers(0, 0.5, 3, 4),
  bootTimeout: numbers(0, 0.5, 3, 4),
  gracefulTimeout: numbers(0, 0.5, 3, 4),
  maxRequests: numbers(1, 2, 3, 4),
  maxRequestsJitter: numbers(1, 2, 3, 4),
  maxWorkerLifetime: numbers(0.5, 2, 3, 4),
  maxWorkerMemory: numbers(1, 2, 3, 4),
  recycleConcurrency: numbers(2, 3, 4, 5),
  reloadSurge: numbers(1, 2, 3, 4),
  drainDelay: numbers(0.5, 2, 3, 4),
  keepAlive: numbers(0, 0.5, 3, 4),
  limitRequestLine: numbers(0, 10, 20, 30),
  limitRequestFields: numbers(1, 2, 3, 4),
  limitRequestFieldSize: numbers(0, 2, 3, 4),
  headerTimeout: numbers(0, 2, 3, 4),
  limitRequestBody: numbers(1, 2, 3, 4),
  bodyTimeout: numbers(0, 0.5, 3, 4),
  writeTimeout: numbers(0, 0.5, 3, 4),
  requestTimeout: numbers(0.5, 2, 3, 4),
  requestKillTimeout: numbers(0, 2, 3, 4),
  certfile: words("a.pem", "b.pem", "c.pem", "d.pem"),
  keyfile: words("a.key", "b.key", "c.key", "d.key"),
  keyPassphrase: [],
  keyPassphraseFile: words("a", "b", "c", "d"),
  caCerts: words("a.pem", "b.pem", "c.pem", "d.pem"),
  certReqs: words("optional", "required", "optional", "required"),
  ciphers: words("AES128", "AES256", "HIGH", "LOW"),
  sslVersion: words("TLSv1.3", "TLSv1.1", "TLSv1", "TLSv1.3"),
  sniCert: [
    ["a.pem", [{ names: [], certfile: "a.pem", keyfile: null }]],
    ["b.pem,b.key", [{ names: [], certfile: "b.pem", keyfile: "b.key" }]],
    ["B.example=b.pem,b.key", [{ names: ["b.example"], certfile: "b.pem", keyfile: "b.key" }]],
    ["c.example+*.c.example=c.pem", [{ names: ["c.example", "*.c.example"], certfile: "c.pem", keyfile: null }]],
  ],
  httpProtocols: [
    ["h1,h2", ["h1", "h2"]],
    ["h2", ["h2"]],
    ["h2,h1", ["h2", "h1"]],
    ["h1,h2,h1", ["h1", "h2", "h1"]],
  ],
  http2MaxConcurrentStreams: numbers(1, 2, 3, 4),
  http2InitialWindowSize: numbers(1, 2, 3, 4),
  http2MaxFrameSize: numbers(16_385, 16_386, 16_387, 16_388),
  http2MaxHeaderListSize: numbers(1024, 1025, 1026, 1027),
  headerMap: words("refuse", "dangerous", "refuse", "dangerous"),
  forwardedAllowIps: [
    ["10.0.0.1", ["10.0.0.1"]],
    ["*", ["*"]],
    ["10.0.0.0/8,::1", ["10.0.0.0/8", "::1"]],
    ["192.0.2.1", ["192.0.2.1"]],
  ],
  secureSchemeHeaders: [],
  forwarderHeaders: [
    ["REMOTE_USER", ["REMOTE_USER"]],
    ["*", ["*"]],
    ["a_b,c", ["A_B", "C"]],
    ["d", ["D"]],
  ],
  proxyProtocol: words("v1", "v2", "auto", "v1"),
  proxyAllowFrom: [
    ["10.0.0.1", ["10.0.0.1"]],
    ["*", ["*"]],
    ["10.0.0.0/8,::1", ["10.0.0.0/8", "::1"]],
    ["192.0.2.1", ["192.0.2.1"]],
  ],
  realIpHeader: words("forwarded", "x-forwarded-for", "forwarded", "x-forwarded-for"),
  wsMaxPayload: numbers(1, 2, 3, 4),
  wsMaxBackpressure: numbers(0, 2, 3, 4),
  wsIdleTimeout: numbers(0, 0.5, 3, 4),
  wsPingInterval: numbers(0, 0.5, 3, 4),
  wsCompression: [["true", true]],
  healthPath: words("/a", "/b", "/c", "/d"),
  daemon: [["true", true]],
  pidfile: words("a", "b", "c", "d"),
  user: words("a", "1", "c", "4"),
  group: words("a", "1", "c", "4"),
  initgroups: [["true", true]],
  umask: numbers(1, 2, 3, 4),
  rawEnv: [
    ["A=1,2", ["A=1,2"]],
    ["B=", ["B="]],
    ["C==", ["C=="]],
    ["D=x y", ["D=x y"]],
  ],
  procName: words("a", "b", "c", "d"),
  chdir: words("one", "two", "three", "four"),
  controlSocket: words("a", "b", "c", "d"),
  controlSocketMode: words("0640", "0660", "0666", "0400"),
  controlSocketDisable: [["true", true]],
  onStarting: [],
  onReload: [],
  whenReady: [],
  preFork: [],
  postFork: [],
  postWorkerInit: [],
  workerInt: [],
  workerAbort: [],
  preExec: [],
  preRequest: [],
  postRequest: [],
  childExit: [],
  workerExit: [],
  sslContext: [],
  nworkersChanged: [],
  onExit: [],
  hookTimeout: numbers(0, 0.5, 3, 4),
  accessLogfile: words("-", "b.log", "/c", "d"),
  accessLogformat: words("%(h)s", "", "x y", '"'),
  errorLogfile: words("a", "b", "c", "d"),
  reload: [["true", true]],
  reloadExtraFiles: [
    ["a", ["a"]],
    ["b/*.{x,y}", ["b/*.{x,y}"]],
    ["d", ["d"]],
    ["e", ["e"]],
  ],
  preloadApp: [["true", true]],
  captureOutput: [["true", true]],
  logLevel: words("debug", "warning", "error", "critical"),
  accessLogFilter: [
    ["path=/a", ["path=/a"]],
    ["status=2xx", ["status=2xx"]],
    ["under=5", ["under=5"]],
    ["sample=1%", ["sample=1%"]],
  ],
  logSyslog: [["true", true]],
  logSyslogTo: words("udp://a", "tcp://a:1", "unix:///dev/log", "unix:///a#dgram"),
  logSyslogPrefix: words("a", "b", "c", "d"),
  logSyslogFacility: words("daemon", "local0", "auth", "local7"),
  disableRedirectAccessToSyslog: [["true", true]],
  logFormat: words("json", "json", "json", "json"),
  metricsBind: words("127.0.0.1:1", "unix:/b", ":3", "[::1]:4"),
  statsdHost: words("127.0.0.1:1", "unix:/b", "statsd:8125", "[::1]:4"),
  statsdPrefix: words("a", "b.", "c", "d"),
  dogstatsdTags: [
    ["a:b", ["a:b"]],
    ["a,b:c", ["a", "b:c"]],
    ["c", ["c"]],
    ["d", ["d"]],
  ],
  enableBacklogMetric: [["true", true]],
};

const SOURCES = ["variable", "file", "JUNICORN_CMD_ARGS", "command line"] as const;
type Source = (typeof SOURCES)[number];

/** All but `config`, which says where one of the sources is, and hooks, which only a config file that is a module can have. */
const TRIED = [...SETTINGS].filter(([name]) => SAMPLES[name].length > 0);

describe.each(TRIED)("%s", (name, row) => {
  const samples = SAMPLES[name].slice(0, SOURCES.length);
  const possible = SOURCES.filter(
    (source) => (source !== "variable" || row.variable !== undefined) && (source !== "file" || row.cliOnly !== true),
  );

  it("takes the strongest of its sources", async () => {
    const cwd = directory(Object.fromEntries(["one", "two", "three", "four"].map((path) => [`${path}/x`, ""])));
    const sources = fc.subarray([...possible]);
    const property = fc.asyncProperty(sources, fc.infiniteStream(fc.constantFrom(...samples)), async (used, values) => {
      const given = new Map<Source, readonly [string, unknown]>();
      for (const source of used) given.set(source, values.next().value);
      const config = directoryFile(name, given.get("file"));
      const { settings, origins } = await resolved({
        cwd,
        env: {
          ...variable(name, given.get("variable")),
          JUNICORN_CMD_ARGS: typed(name, given.get("JUNICORN_CMD_ARGS"))
            .map((word) => `'${word}'`)
            .join(" "),
        },
        argv: [
          "-c",
          config,
          ...typed(name, given.get("command line")),
          // A name that is no file: only `app` itself may go without one.
          ...(name === "app" && used.length > 0 ? [] : ["server.js"]),
        ],
      });
      const winner = used.at(-1);
      if (winner === undefined) {
        const expected = name === "chdir" ? cwd : name === "app" ? "server.js" : row.default;
        expect(settings[name]).toEqual(expected);
        return;
      }
      expect(origins.get(name)?.kind).toBe(winner);
      expect(settings[name]).toEqual(expectedValue(name, winner, given.get(winner), cwd));
    });
    // Sixteen subsets at most, and each run writes a file.
    await fc.assert(property, { numRuns: 20 });
  });
});

it("does not take a sample that is the default: it would prove nothing", () => {
  for (const [name, samples] of Object.entries(SAMPLES)) {
    for (const [, value] of samples)
      expect(isDeepStrictEqual(value, SETTINGS.get(name as SettingName)?.default), name).toBe(false);
  }
});

// --- internal ---

function words(...values: string[]): [string, unknown][] {
  return values.map((value) => [value, value]);
}

function numbers(...values: number[]): [string, unknown][] {
  return values.map((value) => [String(value), value]);
}

function typed(name: SettingName, given: readonly [string, unknown] | undefined): string[] {
  const row = SETTINGS.get(name);
  if (given === undefined || row === undefined) return [];
  if (row.positional !== undefined) return [given[0]];
  const flag = mainFlag(row);
  if (typeof given[1] === "boolean") return [given[1] ? flag : `--no-${flag.slice(2)}`];
  return [`${flag}=${given[0]}`];
}

/** PORT is a port, not an address; other variables are as typed. */
function variable(name: SettingName, given: readonly [string, unknown] | undefined): Record<string, string> {
  const row = SETTINGS.get(name);
  if (given === undefined || row?.variable === undefined) return {};
  return { [row.variable.name]: name === "bind" ? "4321" : given[0] };
}

function expectedValue(
  name: SettingName,
  source: Source,
  given: readonly [string, unknown] | undefined,
  cwd: string,
): unknown {
  if (name === "bind" && source === "variable") return ["0.0.0.0:4321"];
  return name === "chdir" ? join(cwd, String(given?.[1])) : given?.[1];
}

function directoryFile(name: SettingName, given: readonly [string, unknown] | undefined): string {
  const content = given === undefined ? {} : { [name]: given[1] };
  return join(directory({ "conf.json": JSON.stringify(content) }), "conf.json");
}
