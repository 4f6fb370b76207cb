/**
 * Loads applications as a worker does, outside of the test runner, which has its own way with imports. Prints one line of JSON, a list with, for each
 * argument, the interface or the error's message. Run on the built dist/.
 */

import { loadApp } from "../../dist/app/load.js";

const answers = [];
for (const spec of process.argv.slice(2)) {
  const answer = await loadApp({ spec, interface: "auto", fastFetch: false, listenSeconds: 5 }).then(
    (loaded) => ({ interface: loaded.interface, description: loaded.description }),
    (error) => ({ code: error.code, message: error.message }),
  );
  answers.push({ spec, ...answer });
}
process.stdout.write(`\n${JSON.stringify(answers)}\n`, () => process.exit(0));
