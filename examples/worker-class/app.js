// Tells how many requests it is given at one time.

import { setTimeout as sleep } from "node:timers/promises";

let running = 0;

export default {
  async fetch() {
    const now = ++running;
    await sleep(200);
    running--;
    return new Response(`${now} at a time\n`);
  },
};
