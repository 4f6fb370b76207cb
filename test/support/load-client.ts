/** The mixed load as a program, for clients that are somewhere else than the test: PORT CLIENTS. Ends with its standard input, and prints its report. */

import { steadyPause, startMixedLoad } from "./mixed-load.ts";

const [port, clients] = process.argv.slice(2).map(Number);
const load = startMixedLoad(port!, { clients: clients!, keepAlive: "half", pause: steadyPause });
process.stdin.resume().once("end", () => {
  void load.stop().then(({ sent, lost, kept, workers }) => {
    process.stdout.write(JSON.stringify({ sent, lost, kept, workers: [...workers] }));
  });
});
