/** The watch on certificates, where a look at them fails in a way that nobody has thought of: it goes on, and says so once. */

import { expect, test } from "vitest";
import { Certificates } from "../../../src/master/certificates.ts";
import { poll } from "../../support/poll.ts";
import { RecordingLog } from "../../support/recording-log.ts";

test("a look that fails is told once, and does not end the master", async () => {
  const log = new RecordingLog();
  let looks = 0;
  const credentials = {
    certificates: [],
    files: [],
    get material(): never {
      looks++;
      throw new Error("there is no memory");
    },
  };
  const certificates = new Certificates({ log, credentials, pool: { workers: [] } } as never);
  await poll(() => {
    certificates.tick(0);
    return looks >= 3;
  });
  expect(log.text()).toBe("Certificates could not be looked at: there is no memory");
});
