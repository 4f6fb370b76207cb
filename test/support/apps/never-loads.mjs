/** Waits for ever while it loads: for a timer, and a server that does not answer. */

import { connect, createServer } from "node:net";

const silent = createServer().listen(0, "127.0.0.1");
await new Promise((resolve) => silent.once("listening", resolve));
connect(silent.address().port, "127.0.0.1");
setTimeout(() => {}, 3_600_000);
await new Promise(() => {});

export default () => new Response();
