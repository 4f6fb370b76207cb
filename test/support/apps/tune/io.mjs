/** Waits: 20 ms for each request, as if for a database. */
import { setTimeout as sleep } from "node:timers/promises";

export default {
  async fetch() {
    await sleep(20);
    return new Response("done\n");
  },
};
