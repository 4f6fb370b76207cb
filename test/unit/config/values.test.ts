/** What is not accepted, and how that is told: the setting, the value, what is allowed, and where it stands. */

import { describe, expect, it } from "vitest";
import { directory, refusal, resolved } from "./support.ts";

const OPTIONS: [string[], string][] = [
  [["-w", "x"], '--workers: "x" is not valid: expected an integer of at least 1, or auto'],
  [["-w", "0"], '--workers: "0" is not valid: expected an integer of at least 1, or auto'],
  [["-w", "2.5"], '--workers: "2.5" is not valid: expected an integer of at least 1, or auto'],
  [["-w", ""], '--workers: "" is not valid: expected an integer of at least 1, or auto'],
  [["-w", "1e3"], '--workers: "1e3" is not valid: expected an integer of at least 1, or auto'],
  [["-t", "-1"], '--timeout: "-1" is not valid: expected a number of seconds of at least 0'],
  [["-t", "3000000"], '--timeout: "3000000" is not valid: expected a number of seconds from 0 to 2147483'],
  [
    ["--max-worker-memory", "0.5%"],
    '--max-worker-memory: "0.5%" is not valid: expected MiB as an integer of at least 0, or a percentage from 1% to 100%',
  ],
  [
    ["--max-worker-memory", "1g"],
    '--max-worker-memory: "1g" is not valid: expected MiB as an integer of at least 0, or a percentage from 1% to 100%',
  ],
  [
    ["-k", "gevent"],
    '--worker-class: "gevent" is not valid: expected sync, gthread or async, or the path of a module with a worker class of your own',
  ],
  [
    ["--proxy-protocol", "server.js"],
    '--proxy-protocol: "server.js" is not valid: expected off, v1, v2 or auto; without a value write it after the application, or --proxy-protocol=auto',
  ],
  [
    ["--health-path", "healthz"],
    '--health-path: "healthz" is not valid: expected the path of a request, such as /healthz: it begins with a slash, and has no ? and no #',
  ],
  [
    ["--statsd-prefix", "a:b"],
    '--statsd-prefix: "a:b" is not valid: expected words of letters, digits, _ and -, with a dot between them, such as shop.web',
  ],
  [
    ["--statsd-prefix", "."],
    '--statsd-prefix: "." is not valid: expected words of letters, digits, _ and -, with a dot between them, such as shop.web',
  ],
  ...["tcp://127.0.0.1:8125", "udp://127.0.0.1:8125", "statsd"].map((address): [string[], string] => [
    ["--statsd-host", address],
    `--statsd-host: "${address}" is not valid: expected HOST:PORT, such as 127.0.0.1:8125, or unix:PATH`,
  ]),
  [
    ["--dogstatsd-tags", "env:prod,a b"],
    '--dogstatsd-tags: "env:prod,a b" is not valid: expected tags such as env:prod, without spaces, | and #: "a b" is none',
  ],
  [["--header-map", "x"], '--header-map: "x" is not valid: expected drop, refuse or dangerous'],
  [
    ["--limit-request-fields", "32769"],
    '--limit-request-fields: "32769" is not valid: expected an integer from 1 to 32768',
  ],
  [["-b", "8000"], '--bind: "8000" is not valid: a port alone is written with a colon, as in :8000'],
  [
    ["-b", ":1", "-b", "[x]"],
    '--bind: ":1", "[x]" is not valid: between the brackets goes an IPv6 address, as in [::1]:8000',
  ],
  [["-b", ","], '--bind: "," is not valid: expected at least one value'],
  [
    ["--access-logformat", "%(h)s %(r"],
    '--access-logformat: "%(h)s %(r" is not valid: "%(r" at position 7 has no closing parenthesis',
  ],
  [["--error-logfile", ""], '--error-logfile: "" is not valid: expected a path'],
];

describe("on the command line", () => {
  it.each(OPTIONS)("%j", async (argv, message) => {
    expect(await refusal({ argv: [...argv, "app.js"] })).toEqual({ message, exit: 2 });
  });

  it("is refused in JUNICORN_CMD_ARGS too, and told so", async () => {
    expect(await refusal({ env: { JUNICORN_CMD_ARGS: "-w 'many'" } })).toEqual({
      message: 'JUNICORN_CMD_ARGS: --workers: "many" is not valid: expected an integer of at least 1, or auto',
      exit: 2,
    });
  });

  it.each<[string[], string]>([
    [["--wrokers", "2"], "there is no option --wrokers; did you mean --workers?"],
    [["--worker_class=sync"], "there is no option --worker_class; did you mean --worker-class?"],
    [["--no-fastfetch"], "there is no option --no-fastfetch; did you mean --no-fast-fetch?"],
    [["--vershion"], "there is no option --vershion; did you mean --version?"],
    [
      ["--secure-scheme-headers", "X=1"],
      "there is no option --secure-scheme-headers: secureSchemeHeaders is set in the config file",
    ],
    [
      ["--key-passphrase", "x"],
      "there is no option --key-passphrase: keyPassphrase is set in the config file or JUNICORN_KEY_PASSPHRASE",
    ],
    [["--on-reload", "x"], "there is no option --on-reload: onReload is set in the config file"],
    [["--zzz"], "there is no option --zzz; junicorn --help lists them"],
    [["-Z"], "there is no option -Z; junicorn --help lists them"],
    [["--check-config=yes"], "the option --check-config takes no value"],
    [["-w"], "the option -w, --workers <INT> needs a value"],
    [["a.js", "b.js"], 'unexpected argument "b.js": one application is served, and it is "a.js"'],
  ])("%j", async (argv, message) => {
    expect(await refusal({ argv })).toEqual({ message, exit: 2 });
  });
});

describe("in the environment", () => {
  it.each([
    [
      { WEB_CONCURRENCY: "lots" },
      'WEB_CONCURRENCY: "lots" is not valid for workers: expected an integer of at least 1, or auto',
    ],
    [
      { PORT: "http" },
      'PORT: "http" is not valid for bind: the port is a number from 0 to 65535, as in 127.0.0.1:8000',
    ],
  ])("%j", async (env, message) => {
    expect(await refusal({ env })).toEqual({ message, exit: 1 });
  });

  it("is not looked at where something stronger decides", async () => {
    const { settings } = await resolved({ argv: ["-b", ":1", "-w2", "a"], env: { PORT: "x", WEB_CONCURRENCY: "x" } });
    expect(settings).toMatchObject({ bind: [":1"], workers: 2 });
  });

  it("is not set when it is empty", async () => {
    const { settings } = await resolved({ env: { PORT: "", WEB_CONCURRENCY: " " } });
    expect(settings).toMatchObject({ bind: ["127.0.0.1:8000"], workers: 1 });
  });

  it("makes PORT an address on all interfaces", async () => {
    expect((await resolved({ env: { PORT: "3000" } })).settings.bind).toEqual(["0.0.0.0:3000"]);
  });
});

describe("in a config file", () => {
  it.each([
    ['{"workers": 0}', "0 is not valid for workers: expected an integer of at least 1, or auto"],
    ['{"workers": null}', "null is not valid for workers: expected an integer of at least 1, or auto"],
    ['{"worker_class": "x"}', '"x" is not valid for workerClass: expected sync, gthread or async'],
    ['{"bind": []}', "[] is not valid for bind: expected at least one value"],
    ['{"bind": [80]}', '[80] is not valid for bind: expected a string such as "127.0.0.1:8000"'],
    ['{"fastFetch": 1}', "1 is not valid for fastFetch: expected true or false"],
    ['{"chdir": "nowhere"}', /^"nowhere" is not valid for chdir: there is no directory .*\/nowhere$/],
  ])("%s", async (text, message) => {
    const cwd = directory({ "junicorn.config.json": text });
    const refused = await refusal({ cwd });
    expect(refused.exit).toBe(1);
    expect(refused.message.startsWith(`${cwd}/junicorn.config.json: `)).toBe(true);
    expect(refused.message.slice(`${cwd}/junicorn.config.json: `.length)).toMatch(message);
  });

  it.each([
    ['{"wrokers": 2}', "there is no setting wrokers; did you mean workers?"],
    ['{"workerclass": "sync"}', "there is no setting workerclass; did you mean workerClass?"],
    ['{"worker_clas": "sync"}', "there is no setting worker_clas; did you mean workerClass?"],
    ['{"gibberish": 2}', "there is no setting gibberish; docs/settings.md lists them"],
    ['{"toString": 2}', "there is no setting toString; docs/settings.md lists them"],
    [
      '{"checkConfig": true}',
      "there is no setting checkConfig for config files: it is an option of the command line only",
    ],
    ['{"keepAlive": 1, "keepalive": 2}', "keepAlive and keepalive are the same setting; keep one of them"],
  ])("%s", async (text, message) => {
    const cwd = directory({ "junicorn.config.json": text });
    expect(await refusal({ cwd })).toEqual({ message: `${cwd}/junicorn.config.json: ${message}`, exit: 1 });
  });

  it("takes numbers and booleans as text, for they often come from the environment", async () => {
    const cwd = directory({
      "junicorn.config.json": '{"workers": "3", "timeout": "1.5", "fastFetch": "no", "bind": ":1, :2"}',
    });
    expect((await resolved({ cwd })).settings).toMatchObject({
      workers: 3,
      timeout: 1.5,
      fastFetch: false,
      bind: [":1", ":2"],
    });
  });
});

describe("values", () => {
  it("counts the CPUs for auto", async () => {
    expect((await resolved({ argv: ["-w", "auto", "a"] })).settings.workers).toBeGreaterThanOrEqual(1);
  });

  it("turns an access log off that something weaker turned on", async () => {
    const env = { JUNICORN_CMD_ARGS: "--access-logfile -" };
    expect((await resolved({ env })).settings.accessLogfile).toBe("-");
    expect((await resolved({ env, argv: ["--access-logfile", "", "a"] })).settings.accessLogfile).toBeNull();
  });

  it("is frozen", async () => {
    const { settings } = await resolved({});
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.bind)).toBe(true);
  });

  it("needs an application", async () => {
    expect(await refusal({ argv: [] })).toEqual({
      message: "which application? Name its module, as in: junicorn server.js; junicorn --help tells more",
      exit: 1,
    });
  });
});
