/** The keys of session tickets: sessions go on from worker to worker, until there are new keys, for all workers of all releases at once. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { beforeAll, expect, test } from "vitest";
import type { Credentials } from "../../../src/master/credentials.ts";
import { TICKET_KEYS_MS, TicketKeys } from "../../../src/master/ticket-keys.ts";
import { contextsOf } from "../../../src/tls/contexts.ts";
import type { TlsFiles, TlsMaterial } from "../../../src/tls/material.ts";
import { readTls } from "../../../src/tls/read.ts";
import { Certificates } from "../../support/certificates.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { temporaryFolder } from "../../support/tools.ts";

let files: TlsFiles;

beforeAll(() => {
  const folder = temporaryFolder({ onTestFinished: () => {} });
  const { cert, key } = new Certificates(folder).make("own", ["localhost"]);
  const none = { caCerts: null, sniCert: [], keyPassphrase: null, keyPassphraseFile: null, ciphers: null } as const;
  files = { certfile: cert, keyfile: key, certReqs: "none", sslVersion: "TLSv1.2", ...none };
});

function open(before?: Credentials): Credentials {
  return { ...readTls(files, "/", before?.material.ticketKeys)! };
}

/** A worker as far as sessions go: it serves with what it was sent last. */
class Worker {
  readonly release: { readonly credentials: Credentials };
  material: TlsMaterial;
  sent = 0;

  constructor(credentials: Credentials) {
    this.release = { credentials };
    this.material = credentials.material;
  }

  send({ tls }: { readonly tls: TlsMaterial }): void {
    this.material = tls;
    this.sent++;
  }

  /** One connection. */
  async visit(maxVersion: "TLSv1.2" | "TLSv1.3", session?: Buffer): Promise<{ resumed: boolean; session: Buffer }> {
    const server = createServer(contextsOf(this.material, files).fallback, (socket) => socket.end("x"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const client = connect({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      maxVersion,
      ...(session && { session }),
    });
    const given: Buffer[] = [];
    client.on("session", (each: Buffer) => given.push(each)).resume();
    await once(client, "end");
    const resumed = client.isSessionReused();
    client.destroy();
    server.close();
    return { resumed, session: given.at(-1) ?? session! };
  }
}

test.each(["TLSv1.2", "TLSv1.3"] as const)(
  "after half a day all workers have the same new ones (%s)",
  async (version) => {
    const credentials = open();
    const workers = [new Worker(credentials), new Worker(credentials)];
    const keys = new TicketKeys({ credentials, pool: { workers }, log: new RecordingLog() });
    const [first, second] = workers as [Worker, Worker];
    const { session } = await first.visit(version);
    await keys.turn(1000);
    await keys.turn(1000 + TICKET_KEYS_MS - 1);
    expect(workers.map(({ sent }) => sent)).toEqual([0, 0]);
    expect(await second.visit(version, session)).toMatchObject({ resumed: true });
    await keys.turn(1000 + TICKET_KEYS_MS);
    await keys.turn(1000 + TICKET_KEYS_MS + 1);
    expect(workers.map(({ sent }) => sent)).toEqual([1, 1]);
    const next = await second.visit(version, session);
    expect(next.resumed).toBe(false);
    expect(await first.visit(version, next.session)).toMatchObject({ resumed: true });
    // What is started from now on has them, too.
    expect(await new Worker(credentials).visit(version, next.session)).toMatchObject({ resumed: true });
  },
);

test("workers of an older release get them, and a reload that was under way does not bring back the old ones", async () => {
  const old = open();
  const leaving = new Worker(old);
  const reloading = open(old);
  const master = { credentials: old, pool: { workers: [leaving] }, log: new RecordingLog() };
  const keys = new TicketKeys(master);
  await keys.turn(0);
  await keys.turn(TICKET_KEYS_MS);
  const fresh = leaving.material.ticketKeys;
  expect(fresh).not.toBe(reloading.material.ticketKeys);
  const successor = new Worker(reloading);
  Object.assign(master, { credentials: reloading, pool: { workers: [leaving, successor] } });
  await keys.turn(TICKET_KEYS_MS + 1000);
  expect([leaving, successor].map(({ material }) => material.ticketKeys)).toEqual([fresh, fresh]);
  expect(reloading.material.ticketKeys).toBe(fresh);
  await keys.turn(2 * TICKET_KEYS_MS);
  expect(leaving.material.ticketKeys).toBe(successor.material.ticketKeys);
  expect(leaving.material.ticketKeys).not.toBe(fresh);
});

test("without TLS there are none", async () => {
  const keys = new TicketKeys({ credentials: null, pool: { workers: [] }, log: new RecordingLog() });
  await keys.turn(TICKET_KEYS_MS);
  await keys.turn(3 * TICKET_KEYS_MS);
});
