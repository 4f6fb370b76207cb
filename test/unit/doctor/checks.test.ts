import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../../src/config/resolve.ts";
import { findBalancer } from "../../../src/doctor/balancers.ts";
import { checkCpus, checkFiles, checkMemory } from "../../../src/doctor/capacity.ts";
import type { Result, Subject } from "../../../src/doctor/finding.ts";
import { checkUws } from "../../../src/doctor/installation.ts";
import type { FileKind, Machine } from "../../../src/doctor/machine.ts";
import { checkPaths } from "../../../src/doctor/paths.ts";
import { checkNodeEnv, checkPidOne, checkUser } from "../../../src/doctor/processes.ts";
import { checkForwarded, checkKeepAlive } from "../../../src/doctor/proxies.ts";
import { checkBacklog, checkPorts, checkReach } from "../../../src/doctor/sockets.ts";

const MEBIBYTE = 2 ** 20;

interface Given extends Partial<Omit<Machine, "read" | "kindOf" | "writeError" | "list">> {
  /** Path → text. */
  files?: Record<string, string>;
  directories?: string[];
  /** Path → error of who writes there. */
  denied?: Record<string, string>;
}

/** An ordinary machine, with what a case changes. */
function machine({ files = {}, directories = [], denied = {}, ...given }: Given = {}): Machine {
  const kindOf = (path: string): FileKind | null => {
    if (["/", "/run", "/srv", "/home/web", ...directories].includes(path)) return "directory";
    return path in files ? "file" : null;
  };
  return {
    uid: 1000,
    env: { HOME: "/home/web", NODE_ENV: "production" },
    platform: "Node 20.20.2, linux x64, glibc 2.36",
    cpus: 4,
    cpuQuota: null,
    memoryBytes: 8192 * MEBIBYTE,
    memoryIsLimited: false,
    heapBytes: 2048 * MEBIBYTE,
    accountProblem: () => null,
    portHolder: () => "",
    read: (path) => files[path] ?? null,
    list: () => Object.keys(files).flatMap((path) => /^\/proc\/(\d+)\//.exec(path)?.[1] ?? []),
    kindOf,
    writeError: (path) => denied[path] ?? null,
    ...given,
  };
}

async function subject(argv: string, given: Given = {}, behind?: string): Promise<Subject> {
  const words = argv === "" ? [] : argv.split(" ");
  const resolved = await resolveSettings({ argv: words, env: {}, cwd: "/", withoutApp: true });
  if (resolved.request !== "run") throw new Error("no settings");
  return { settings: resolved.settings, machine: machine(given), behind: behind ? findBalancer(behind) : null };
}

interface Case {
  name: string;
  check: (subject: Subject) => Result[];
  argv?: string;
  given?: Given;
  behind?: string;
  /** Level and text of the first finding, and its fix; null: nothing is found. */
  expected: [Result["level"], RegExp, RegExp?] | null;
}

const LIMITS = (files: number): Given => ({
  files: { "/proc/self/limits": `Max open files            1024                 ${files}               files\n` },
});
const SOMAXCONN = (most: number): Given => ({ files: { "/proc/sys/net/core/somaxconn": `${most}\n` } });
const PID1 = (...words: string[]): Given => ({ files: { "/proc/1/cmdline": words.join("\0") + "\0" } });
const PORTS = { "/proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n" };

const CASES: Case[] = [
  // backlog
  { name: "a queue that fits", check: checkBacklog, given: SOMAXCONN(4096), expected: ["ok", /2048/] },
  {
    name: "a queue that is cut",
    check: checkBacklog,
    given: SOMAXCONN(128),
    expected: ["warn", /2048.*128/, /somaxconn=2048.*--backlog 128/],
  },
  // addresses
  {
    name: "a low port of a user",
    check: checkPorts,
    argv: "-b :80",
    expected: ["fail", /0\.0\.0\.0:80: ports below 1024/, /CAP_NET_BIND/],
  },
  { name: "a low port of root", check: checkPorts, argv: "-b :80", given: { uid: 0 }, expected: ["ok", /free/] },
  {
    name: "a low port with the capability",
    check: checkPorts,
    argv: "-b :80",
    given: { files: { "/proc/self/status": "CapEff:\t0000000000000400\n" } },
    expected: ["ok", /free/],
  },
  {
    name: "a port that somebody has",
    check: checkPorts,
    given: { portHolder: (port) => (port === 8000 ? "process 7 (nginx)" : "") },
    expected: ["fail", /127\.0\.0\.1:8000 is in use by process 7 \(nginx\)/, /--bind/],
  },
  {
    name: "a port that Junicorn has",
    check: checkPorts,
    given: { portHolder: () => "process 7 (junicorn: maste)" },
    expected: ["ok", /running Junicorn/],
  },
  {
    name: "a port that the kernel gives away",
    check: checkPorts,
    argv: "-b :40000",
    given: { files: PORTS },
    expected: ["warn", /32768 to 60999/, /ip_local_reserved_ports=40000/],
  },
  {
    name: "a reserved port",
    check: checkPorts,
    argv: "-b :40000",
    given: { files: { ...PORTS, "/proc/sys/net/ipv4/ip_local_reserved_ports": "8080,39000-41000\n" } },
    expected: ["ok", /free/],
  },
  {
    name: "loopback in a container",
    check: checkReach,
    given: { files: { "/.dockerenv": "" } },
    expected: ["warn", /inside of it only/, /0\.0\.0\.0/],
  },
  {
    name: "all interfaces in a container",
    check: checkReach,
    argv: "-b :8000",
    given: { files: { "/.dockerenv": "" } },
    expected: null,
  },
  // capacity
  {
    name: "too few files",
    check: checkFiles,
    argv: "-k async",
    given: LIMITS(1000),
    expected: ["fail", /1000 files, and needs 1064/, /LimitNOFILE=2128.*--worker-connections 936/],
  },
  {
    name: "just enough files",
    check: checkFiles,
    argv: "-k async",
    given: LIMITS(1500),
    expected: ["warn", /not for one more each/],
  },
  { name: "files for a sync worker", check: checkFiles, given: LIMITS(256), expected: ["ok", /needs 64/] },
  {
    name: "memory for all",
    check: checkMemory,
    argv: "-w 2",
    expected: ["ok", /2 workers can grow to 4216 MiB, of the 8192/],
  },
  {
    name: "heaps over the container's memory",
    check: checkMemory,
    argv: "-w 4",
    given: { memoryBytes: 1000 * MEBIBYTE, memoryIsLimited: true },
    expected: ["warn", /1000 MiB that this container has.*OOM/, /max-old-space-size=140,/],
  },
  {
    name: "heaps of threads",
    check: checkMemory,
    argv: "-w 2 --threads 4",
    expected: ["warn", /2 workers of 4 threads/, /--thread-memory-limit 789,/],
  },
  {
    name: "a container with no room for heaps",
    check: checkMemory,
    argv: "-w 4",
    given: { memoryBytes: 300 * MEBIBYTE, memoryIsLimited: true },
    expected: ["warn", /OOM/, /^--workers 2, or more memory/],
  },
  {
    name: "a container with no room for the heaps of threads",
    check: checkMemory,
    argv: "-w 1 --threads 4",
    given: { memoryBytes: 200 * MEBIBYTE, memoryIsLimited: true },
    expected: ["warn", /OOM/, /^fewer --threads, or more memory/],
  },
  {
    name: "more workers than per cent",
    check: checkMemory,
    argv: "-w 100",
    given: { memoryBytes: 20_000 * MEBIBYTE },
    expected: ["warn", /OOM/, /--max-worker-memory 160,/],
  },
  {
    name: "a heap that is set",
    check: checkMemory,
    argv: "-w 4 --env NODE_OPTIONS=--max-old-space-size=140",
    given: { memoryBytes: 1000 * MEBIBYTE },
    expected: ["ok", /800 MiB/],
  },
  {
    name: "workers that are replaced in time",
    check: checkMemory,
    argv: "-w 4 --max-worker-memory 200",
    given: { memoryBytes: 1000 * MEBIBYTE },
    expected: ["ok", /past 200 MiB/],
  },
  {
    name: "more workers than fit at all",
    check: checkMemory,
    argv: "-w 32",
    given: { memoryBytes: 512 * MEBIBYTE },
    expected: ["fail", /32 workers need 1920 MiB/, /--workers 4,/],
  },
  {
    name: "async workers over the quota",
    check: checkCpus,
    argv: "-k async -w 8",
    given: { cpus: 2, cpuQuota: 2.5 },
    expected: ["warn", /8 workers share 2 CPUs \(the quota is 2\.5\)/, /auto/],
  },
  { name: "sync workers, four per CPU", check: checkCpus, argv: "-w 16", expected: ["ok", /16 workers/] },
  {
    name: "sync workers, too many",
    check: checkCpus,
    argv: "-w 17",
    expected: ["warn", /17 workers share 4 CPUs/, /--workers 16/],
  },
  {
    name: "less than a CPU",
    check: checkCpus,
    given: { cpus: 1, cpuQuota: 0.25 },
    expected: ["warn", /quota is 0\.25.*75 of each 100 ms/],
  },
  { name: "CPUs without work", check: checkCpus, expected: ["ok", /--workers auto would use them all/] },
  // proxies
  {
    name: "keep-alive under nginx's",
    check: checkKeepAlive,
    argv: "-k async",
    behind: "nginx",
    expected: ["fail", /60 s, and keep_alive is 2 s.*502/, /--keep-alive 65,.*keepalive_timeout/],
  },
  {
    name: "keep-alive over the seconds given",
    check: checkKeepAlive,
    argv: "-k async --keep-alive 9",
    behind: "8.5",
    expected: ["ok", /longer: 9 s/],
  },
  {
    name: "keep-alive, equal",
    check: checkKeepAlive,
    argv: "-k async --keep-alive 60",
    behind: "ALB",
    expected: ["fail", /alb/],
  },
  {
    name: "no keep-alive",
    check: checkKeepAlive,
    argv: "-k gthread --keep-alive 0",
    behind: "nginx",
    expected: ["ok", /ends/],
  },
  { name: "keep-alive in the sync class", check: checkKeepAlive, behind: "nginx", expected: ["ok", /closes each/] },
  {
    name: "everybody is believed",
    check: checkForwarded,
    argv: "-b :80 --forwarded-allow-ips *",
    expected: ["warn", /0\.0\.0\.0:80/],
  },
  {
    name: "the whole internet is believed",
    check: checkForwarded,
    argv: "-b :80 --forwarded-allow-ips 0.0.0.0/0",
    expected: ["warn", /0\.0\.0\.0\/0/],
  },
  {
    name: "everybody on a unix socket",
    check: checkForwarded,
    argv: "-b unix:/run/a.sock --forwarded-allow-ips *",
    expected: ["ok", /safe/],
  },
  {
    name: "everybody may speak PROXY",
    check: checkForwarded,
    argv: "-b :80 --proxy-protocol --proxy-allow-from *",
    expected: ["warn", /proxy_allow_from is \*/],
  },
  {
    name: "a proxy that is not believed",
    check: checkForwarded,
    argv: "-b :80",
    behind: "alb",
    expected: ["warn", /X-Forwarded-Proto does not count/],
  },
  // paths
  { name: "nothing to write", check: checkPaths, expected: ["ok", /can be written/] },
  {
    name: "a log without its directory",
    check: checkPaths,
    argv: "--access-logfile /nope/a.log",
    expected: ["fail", /access_logfile \/nope\/a\.log: the directory \/nope does not exist/, /mkdir -p \/nope/],
  },
  {
    name: "a log that is a directory",
    check: checkPaths,
    argv: "--error-logfile /srv",
    expected: ["fail", /it is a directory/],
  },
  {
    name: "a pid file of root's",
    check: checkPaths,
    argv: "-p /run/j.pid",
    given: { denied: { "/run": "EACCES" } },
    expected: ["fail", /user 1000 may not write to \/run/, /chown/],
  },
  {
    name: "a read-only root",
    check: checkPaths,
    argv: "-b unix:/run/j.sock",
    given: { denied: { "/run": "EROFS" } },
    expected: ["fail", /read-only/, /tmpfs at \/run/],
  },
  {
    name: "a pid file that names another",
    check: checkPaths,
    argv: "-p /run/j.pid",
    given: { files: { "/run/j.pid": `${process.pid}\n`, [`/proc/${process.pid}/cmdline`]: "vim\0x" } },
    expected: ["fail", /vim x/, /remove/],
  },
  {
    name: "no place for the control socket",
    check: checkPaths,
    given: { denied: { "/home/web": "EROFS", "/": "EROFS" }, env: { HOME: "/home/web", TMPDIR: "/var/none" } },
    expected: ["warn", /control socket/, /--no-control-socket/],
  },
  // process 1
  { name: "systemd", check: checkPidOne, given: PID1("/sbin/init", "splash"), expected: ["ok", /init/] },
  {
    name: "a shell that runs a command",
    check: checkPidOne,
    given: PID1("/bin/sh", "-c", "npm start"),
    expected: ["warn", /process 1 is a shell: \/bin\/sh -c npm start/, /exec/],
  },
  {
    name: "an entry point that forgot exec",
    check: checkPidOne,
    given: PID1("bash", "/entrypoint.sh"),
    expected: ["warn", /a shell/],
  },
  { name: "somebody's shell", check: checkPidOne, given: PID1("bash"), expected: ["ok", /bash/] },
  { name: "npm, by its title", check: checkPidOne, given: PID1("npm start"), expected: ["warn", /process 1 is npm/] },
  {
    name: "yarn, as a script",
    check: checkPidOne,
    given: PID1("node", "/usr/local/bin/yarn", "start"),
    expected: ["warn", /is yarn/],
  },
  {
    name: "the server itself",
    check: checkPidOne,
    given: PID1("node", "/app/node_modules/.bin/junicorn"),
    expected: ["ok", /junicorn/],
  },
  {
    name: "npm behind tini",
    check: checkPidOne,
    given: {
      files: {
        "/proc/1/cmdline": "/sbin/tini\0--\0npm\0start\0",
        "/proc/9/status": "PPid:\t1\n",
        "/proc/9/cmdline": "npm start\0",
      },
    },
    expected: ["warn", /what process 1 \(tini\) has started is npm/],
  },
  // the process
  { name: "root", check: checkUser, given: { uid: 0 }, expected: ["warn", /as root/, /--user/] },
  {
    name: "a user that there is not",
    check: checkUser,
    argv: "--user nobdoy",
    given: { uid: 0, accountProblem: () => "there is no such user" },
    expected: ["fail", /no such user/, /account/],
  },
  { name: "a user", check: checkUser, expected: ["ok", /user 1000/] },
  { name: "production", check: checkNodeEnv, expected: ["ok", /production/] },
  {
    name: "production, for workers only",
    check: checkNodeEnv,
    argv: "-e NODE_ENV=production",
    given: { env: {} },
    expected: ["ok", /production/],
  },
  { name: "no NODE_ENV", check: checkNodeEnv, given: { env: {} }, expected: ["warn", /not set/] },
  // uWebSockets
  { name: "a class without it", check: checkUws, expected: ["ok", /does not use/] },
  {
    name: "a keep-alive beyond it",
    check: checkUws,
    argv: "-k async --keep-alive 65",
    expected: ["ok", /on llhttp: keep_alive is over 10 s/],
  },
  {
    name: "a keep-alive beyond it, and it is insisted on",
    check: checkUws,
    argv: "-k async --keep-alive 65 --http-engine uws",
    expected: ["fail", /keep_alive is over 10 s/, /--http-engine auto/],
  },
  {
    name: "TLS, which auto leaves to llhttp",
    check: checkUws,
    argv: "-k async --certfile a.pem --cert-reqs required --ca-certs b.pem",
    expected: ["ok", /on llhttp, which is what auto means with TLS/],
  },
  {
    name: "clients' certificates with uWebSockets",
    check: checkUws,
    argv: "-k async --certfile a.pem --cert-reqs required --ca-certs b.pem --http-engine uws",
    expected: ["fail", /cert_reqs is required/, /--http-engine auto/],
  },
];

describe("the doctor's checks", () => {
  it.each(CASES)("$name", async ({ check, argv = "", given, behind, expected }) => {
    const found = check(await subject(argv, given, behind));
    const [first] = found;
    if (expected === null) return expect(found).toEqual([]);
    const [level, text, fix] = expected;
    expect(first?.text).toMatch(text);
    expect(first?.level).toBe(level);
    // What is not right comes with what to do about it.
    expect(first?.fix !== null).toBe(level !== "ok");
    if (fix !== undefined) expect(first?.fix).toMatch(fix);
  });

  it("knows balancers by name, and seconds", () => {
    expect(findBalancer("nginx")?.idleSeconds).toBe(60);
    expect(findBalancer("350")?.idleSeconds).toBe(350);
    expect(findBalancer("ngnix")).toBeNull();
    expect(findBalancer("-1")).toBeNull();
  });
});
