/** Real connections for the native tests: one end a `net.Socket`, the other an fd of the addon's. */

import net from "node:net";
import { native } from "../../src/native.ts";
import { poll } from "../support/poll.ts";

export interface Pair {
  /** The client's end. */
  socket: net.Socket;
  /** The accepted end, nobody's yet. */
  fd: number;
  /** The client's port, as the listener reported it. */
  port: number;
}

/** A loopback connection. The client's socket is paused until somebody listens to it. */
export async function connectedPair(): Promise<Pair> {
  const { Listener, close, listen, socketName } = native();
  const listening = listen({ host: "127.0.0.1", port: 0, backlog: 8 });
  let accepted: { fd: number; port: number } | undefined;
  const listener = new Listener(listening, (fd, _address, port) => (accepted = { fd, port }));
  const socket = net.connect({ port: socketName(listening).port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await poll(() => listener.acceptNow() || accepted !== undefined);
  listener.close();
  close(listening);
  return { socket, ...accepted! };
}

/** Everything the socket receives until its end, as latin-1. */
export async function readAll(socket: net.Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}
