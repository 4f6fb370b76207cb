/** Slow clients: `node slow-client.mjs PORT COUNT` opens so many connections that send a request a byte a second. Says "open", and goes when its input ends. */

import { connect } from "node:net";

const [port, count] = process.argv.slice(2).map(Number);
const REQUEST = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ${"x".repeat(300)}\r\n\r\n`;
const OPENING_AT_ONCE = 50;

const sockets = Array.from({ length: count });
for (let at = 0; at < count; at += OPENING_AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(OPENING_AT_ONCE, count - at) }, (_, i) => open(at + i)));
process.stdout.write("open\n");
let sent = 0;
setInterval(() => {
  const byte = REQUEST[sent++ % REQUEST.length];
  for (const socket of sockets) if (!socket.destroyed) socket.write(byte);
}, 1000);
process.stdin.resume().once("end", () => process.exit(0));

/** A server that lets them wait in its backlog has accepted them as far as a client can tell; one that refuses or ends them gets them anew. */
function open(index) {
  return new Promise((resolve) => {
    const socket = (sockets[index] = connect({ port, host: "127.0.0.1", noDelay: true }));
    socket.on("connect", resolve);
    socket.on("error", () => {});
    socket.on("close", () => {
      resolve();
      setTimeout(() => void open(index), 1000);
    });
    socket.resume();
    setTimeout(resolve, 2000);
  });
}
