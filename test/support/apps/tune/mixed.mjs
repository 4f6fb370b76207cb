/** Waits 5 ms, and computes for 50 ms in one of 20 requests. */
import { pbkdf2Sync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

let count = 0;

export default {
  async fetch() {
    if (++count % 20 === 0) pbkdf2Sync("password", "salt", 225_000, 32, "sha256");
    else await sleep(5);
    return new Response("done\n");
  },
};
