/** Certificates: by name, of clients, renewed under load, and whatever can be wrong with them. */

import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { Certificates, type Made } from "../support/certificates.ts";
import { runJunicorn, startJunicorn } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { fetchOver, helloOf, secure, startRelay } from "../support/tls-client.ts";
import { temporaryFolder } from "../support/tools.ts";
import { HAS_UWS } from "../support/uws.ts";

let certificates: Certificates;
let own: Made;

beforeAll(() => {
  certificates = new Certificates(temporaryFolder({ onTestFinished: () => {} }));
  own = certificates.make("own", ["localhost"]);
});

/** The subject of the certificate that a client is shown. */
async function shown(port: number, servername?: string): Promise<string> {
  const socket = await secure(port, { servername: servername ?? "" });
  const name = String(socket.getPeerCertificate().subject.CN);
  socket.destroy();
  return name;
}

test.each(["auto", ...(HAS_UWS ? ["uws"] : [])])("by the name that a client asks for (%s)", async (engine) => {
  const shop = certificates.make("shop", ["shop.example", "www.shop.example"]);
  const many = certificates.make("many", ["any.example"], { subject: "/CN=wildcard" });
  const [key, both] = [readFileSync(many.key, "utf8"), join(certificates.folder, "both.pem")];
  writeFileSync(both, readFileSync(many.cert, "utf8") + key);
  // Of another kind than the one for everybody else, which clients like better.
  const other = certificates.make("other", ["other.example"], { keyType: ["ed25519"] });
  const server = await startJunicorn({
    app: "tls.mjs",
    args: [
      ...["--certfile", own.cert, "--keyfile", own.key, "--sni-cert", `${shop.cert},${shop.key}`],
      ...["--sni-cert", `${other.cert},${other.key}`],
      ...["--sni-cert", `*.any.example=${both}`, "-k", "async", "--http-engine", engine],
    ],
  });
  const expected: [string | undefined, string][] = [
    ["localhost", "localhost"],
    [undefined, "localhost"],
    ["www.shop.example", "shop.example"],
    ["WWW.Shop.Example", "shop.example"],
    ["a.any.example", "wildcard"],
    ["a.b.any.example", "localhost"],
    ["any.example", "localhost"],
    ["other.example", "other.example"],
  ];
  for (const [asked, name] of expected) expect([asked, await shown(server.port, asked)]).toEqual([asked, name]);
  // A first message in pieces, and one that never comes as a whole.
  for (const [form, name] of [
    ["a record", "other.example"],
    ["two records", "shop.example"],
    ["two records", "localhost"],
  ] as const) {
    const relay = startRelay(server.port, 100, form);
    await once(relay.listen(0, "127.0.0.1"), "listening");
    const { port } = relay.address() as AddressInfo;
    expect([form, await shown(port, name)]).toEqual([form, name]);
  }
  const leaving = connect(server.port, "127.0.0.1");
  leaving.write((await helloOf({})).subarray(0, 100), () => leaving.destroy());
  await server.waitFor(/TLS handshake with 127\.0\.0\.1:\d+ failed: the client closed the connection in the middle/);
});

describe.each(["async", "gthread"])("in the %s class", (workerClass) => {
  test("a client's certificate is asked for, checked, and told", async () => {
    const client = certificates.make("client", [], { subject: "/CN=alice" });
    const stranger = new Certificates(temporaryFolder()).make("stranger", [], { subject: "/CN=mallory" });
    const pem = ({ cert, key }: Made): { cert: Buffer; key: Buffer } => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    });
    const files = ["--certfile", own.cert, "--keyfile", own.key, "--ca-certs", certificates.ca.cert];
    const app = { app: "tls.mjs:node", args: ["--interface", "node", "-k", workerClass, ...files] };
    const server = await startJunicorn({ ...app, args: [...app.args, "--cert-reqs", "2"] });
    const { body } = await fetchOver(server.port, "/", pem(client));
    expect(JSON.parse(body)).toMatchObject({ authorized: true, client: "alice" });
    await expect(fetchOver(server.port, "/")).rejects.toThrow();
    await server.waitFor(/TLS handshake with 127\.0\.0\.1:\d+ failed: peer did not return a certificate/);
    await expect(fetchOver(server.port, "/", pem(stranger))).rejects.toThrow();
    await server.waitFor(/failed: the client's certificate is not valid: /);
    await server.stop();
    const lenient = await startJunicorn({ ...app, args: [...app.args, "--cert-reqs", "optional"] });
    expect(JSON.parse((await fetchOver(lenient.port, "/")).body)).toMatchObject({ authorized: false });
    expect(JSON.parse((await fetchOver(lenient.port, "/", pem(client))).body)).toMatchObject({ client: "alice" });
    await expect(fetchOver(lenient.port, "/", pem(stranger))).rejects.toThrow();
  });
});

test("a renewed one is taken under load, a broken one is not", async () => {
  const folder = temporaryFolder();
  const [live, first, second] = ["live", "first", "second"].map((name) => join(folder, name));
  const made = [certificates.make("one", ["one.example"]), certificates.make("two", ["two.example"])];
  for (const [index, place] of [first!, second!].entries()) {
    mkdirSync(place);
    copyFileSync(made[index]!.cert, join(place, "tls.crt"));
    copyFileSync(made[index]!.key, join(place, "tls.key"));
  }
  symlinkSync(first!, live!);
  const files = ["--certfile", join(live!, "tls.crt"), "--keyfile", join(live!, "tls.key")];
  const server = await startJunicorn({ app: "tls.mjs", args: ["-k", "gthread", "-w", "2", ...files] });
  await server.waitForWorkers(2);
  let failed = 0;
  let served = 0;
  let loading = true;
  const load = Array.from({ length: 4 }, async () => {
    while (loading) {
      const answer = await fetchOver(server.port, "/").catch(() => null);
      if (answer?.status === 200) served++;
      else failed++;
    }
  });
  expect(await shown(server.port)).toBe("one.example");
  await sleep(1200); // it has looked at them by now
  // As Kubernetes does it: another directory behind the link, at once.
  symlinkSync(second!, `${live}.new`);
  renameSync(`${live}.new`, live!);
  await server.waitFor(/Certificate for two\.example \(.*tls\.crt\) ends in \d+ days; new connections get it/);
  await poll(async () => (await shown(server.port)) === "two.example");
  for (let i = 0; i < 8; i++) expect(await shown(server.port)).toBe("two.example");
  writeFileSync(join(second!, "tls.key"), "-----BEGIN PRI");
  await server.waitFor(/New certificates are refused, .*: keyfile .*tls\.key: there is no private key in it/);
  expect(await shown(server.port)).toBe("two.example");
  copyFileSync(made[0]!.cert, join(second!, "tls.crt"));
  copyFileSync(made[0]!.key, join(second!, "tls.key"));
  await poll(async () => (await shown(server.port)) === "one.example", { timeout: 10_000 });
  loading = false;
  await Promise.all(load);
  expect({ failed, some: served > 20 }).toEqual({ failed: 0, some: true });
});

test("a session that began at one worker is resumed by another, and by the workers after a reload", async () => {
  const args = ["--certfile", own.cert, "--keyfile", own.key, "-w", "2", "-k", "sync"];
  const server = await startJunicorn({ app: "tls.mjs", args });
  await server.waitForWorkers(2);
  const ask = async (session?: Buffer): Promise<{ session: Buffer; pid: number; resumed: boolean }> => {
    const socket = await secure(server.port, session === undefined ? {} : { session });
    const sessions: Buffer[] = [];
    socket.on("session", (given: Buffer) => sessions.push(given));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    const { pid, resumed } = JSON.parse(text.slice(text.indexOf("{"))) as { pid: number; resumed: boolean };
    return { session: sessions.at(-1)!, pid, resumed };
  };
  const first = await ask();
  const pids = new Set([first.pid]);
  await poll(async () => {
    const { resumed, pid } = await ask(first.session);
    expect(resumed).toBe(true);
    pids.add(pid);
    return pids.size === 2;
  });
  server.signal("SIGHUP");
  await server.waitFor(/Reloaded in/);
  await poll(async () => {
    const { resumed, pid } = await ask(first.session);
    expect(resumed).toBe(true);
    return !pids.has(pid);
  });
});

test("the hook sslContext changes how TLS is spoken, and fails closed", async () => {
  const folder = temporaryFolder();
  const config = join(folder, "junicorn.config.mjs");
  const hook = (body: string): void =>
    writeFileSync(
      config,
      `export default { certfile: ${JSON.stringify(own.cert)}, keyfile: ${JSON.stringify(own.key)}, ssl_context: (settings, makeDefault) => ${body} };`,
    );
  hook("({ ...makeDefault(), maxVersion: 'TLSv1.2' })");
  const server = await startJunicorn({ app: "tls.mjs", args: ["-c", config] });
  const { body } = await fetchOver(server.port, "/");
  expect(JSON.parse(body)).toMatchObject({ protocol: "TLSv1.2" });
  await server.stop();
  hook("undefined");
  const broken = await startJunicorn({ app: "tls.mjs", args: ["-c", config], ready: false });
  expect(await broken.exited()).toMatchObject({ code: 3 });
  expect(broken.output).toMatch(/The hook sslContext has to return the options of a context/);
});

test("what is wrong is told with the setting, the file and the fix", async () => {
  const { cert, key } = own;
  const other = certificates.make("other", ["other.example"]);
  const locked = certificates.encrypt(own, "secret words");
  const wordsFile = join(certificates.folder, "words");
  writeFileSync(wordsFile, "not these\n");
  const wrong: [string[], RegExp][] = [
    [["--certfile", "/none.pem", "--keyfile", key], /certfile \/none\.pem: there is no such file/],
    [["--certfile", cert], /certfile .*own\.pem: there is no private key in it/],
    [["--keyfile", key], /keyfile .*own\.key: a key without a certificate: give --certfile/],
    [["--certfile", key, "--keyfile", key], /certfile .*own\.key: there is no certificate in it/],
    [
      ["--certfile", cert, "--keyfile", other.key],
      /keyfile .*other\.key: this key does not belong to the certificate in .*own/,
    ],
    [["--certfile", cert, "--keyfile", locked], /keyfile .*: the key is encrypted: give its passphrase in a file/],
    [
      ["--certfile", cert, "--keyfile", locked, "--key-passphrase-file", wordsFile],
      /the passphrase does not open the key/,
    ],
    [["--certfile", cert, "--keyfile", key, "--ciphers", "NONSENSE"], /ciphers NONSENSE: OpenSSL knows none of these/],
    [["--certfile", cert, "--keyfile", key, "--cert-reqs", "required"], /cert_reqs required: .* give --ca-certs/],
    [["--ca-certs", cert], /ca_certs: this needs TLS: give --certfile/],
  ];
  await Promise.all(
    wrong.map(async ([args, message]) => {
      const { code, stderr } = await runJunicorn(["--check-config", ...args, "tls.mjs"]);
      expect([args.join(" "), code, stderr]).toEqual([args.join(" "), 1, expect.stringMatching(message) as string]);
    }),
  );
  const started = await startJunicorn({ app: "tls.mjs", args: ["--certfile", "/none.pem"], ready: false });
  expect(await started.exited()).toMatchObject({ code: 1 });
  expect(started.output).toMatch(/certfile \/none\.pem: there is no such file/);
});

test("a passphrase opens the key, and is shown nowhere", async () => {
  const locked = certificates.encrypt(own, "secret words");
  chmodSync(locked, 0o600);
  const env = { JUNICORN_KEY_PASSPHRASE: "secret words" };
  const args = ["--certfile", own.cert, "--keyfile", locked];
  const server = await startJunicorn({ app: "tls.mjs", args, env });
  expect((await fetchOver(server.port, "/")).status).toBe(200);
  const { stdout } = await runJunicorn(["--print-config", ...args, "tls.mjs"], { env });
  expect(stdout).toMatch(/keyPassphrase = "\(secret\)"/);
  expect(stdout + server.output).not.toMatch(/secret words/);
});

test("an end that is near, or past, is told at the start and in metrics", async () => {
  const soon = certificates.make("soon", ["soon.example"], { days: 3 });
  const past = certificates.make("past", ["past.example"], { days: -1 });
  const args = ["--certfile", soon.cert, "--keyfile", soon.key, "--sni-cert", `${past.cert},${past.key}`];
  const server = await startJunicorn({ app: "tls.mjs", args: [...args, "--metrics-bind", "127.0.0.1:0"] });
  await server.waitFor(/WARNING\] The certificate for soon\.example \(.*\) ends in [23] days/);
  await server.waitFor(/ERROR\] The certificate for past\.example \(.*\) has ended on /);
  const [, url] = await server.waitFor(/Metrics at: (\S+)/);
  const page = await (await fetch(url!)).text();
  expect(page).toMatch(/junicorn_certificate_days_left\{file=".*soon\.pem"\} [23]\n/);
  expect(page).toMatch(/junicorn_certificate_days_left\{file=".*past\.pem"\} -\d/);
});
