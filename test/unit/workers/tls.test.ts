/** What is said of handshakes that fail: some at once, the number of the others soon, whether or not more of them come. */

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WorkerTls } from "../../../src/workers/tls.ts";
import { Certificates } from "../../support/certificates.ts";
import { RecordingLog } from "../../support/recording-log.ts";
import { temporaryFolder } from "../../support/tools.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function tlsWith(log: RecordingLog): WorkerTls {
  const { cert, key } = new Certificates(temporaryFolder()).ca;
  const pair = { names: [], cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  const material = { pairs: [pair], ca: null, ticketKeys: Buffer.alloc(48).toString("base64") };
  return new WorkerTls(material, { certReqs: "none", ciphers: null, sslVersion: "TLSv1.2" } as never, log);
}

test("five within ten seconds are told, and how many there were besides", () => {
  const log = new RecordingLog();
  const tls = tlsWith(log);
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) tls.failed("192.0.2.1:7", "no reason");
    expect(log.lines.splice(0)).toHaveLength(Math.min(times, 5));
  };
  fail(12);
  vi.advanceTimersByTime(10_000);
  expect(log.text()).toBe("7 more TLS handshakes failed since this was last said");
  log.lines.splice(0);
  fail(3);
  vi.advanceTimersByTime(60_000);
  expect(log.text()).toBe("");
  fail(6);
  vi.advanceTimersByTime(60_000);
  expect(log.text()).toBe("1 more TLS handshakes failed since this was last said");
});
