/** Sends the same bytes, in the same pieces, over kept connections of two servers at once, and tells what the application behind each was given. */

import type { Junicorn } from "../junicorn.ts";
import { RawClient, request } from "../raw-client.ts";
import type { Input } from "./inputs.ts";

/** A request as the application saw it. Bytes are latin-1 characters. */
export interface Given {
  readonly method: string;
  readonly target: string;
  readonly httpVersion?: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  /** Of a body that was read. */
  readonly trailers?: Given["fields"];
  /** Only what is "whole" has come to a sound end. */
  readonly end: "whole" | "cut" | "open" | "unread";
}

/** What came of an input on one server. */
export interface View {
  readonly given: readonly Given[];
  /** All that was answered. */
  readonly answers: string;
  readonly closed: boolean;
}

/** A server and the connection over which its application is asked. */
export class Side {
  readonly server: Junicorn;
  readonly #control: RawClient;
  /** Connections that have not been answered as uWebSockets does. */
  readonly #announces: boolean;

  private constructor(server: Junicorn, control: RawClient, announces: boolean) {
    this.server = server;
    this.#control = control;
    this.#announces = announces;
  }

  /** `engine` is what must have every connection. */
  static async of(server: Junicorn, engine: "uws" | "llhttp"): Promise<Side> {
    return new Side(server, await RawClient.connect(server.port), engine === "llhttp");
  }

  close(): void {
    this.#control.destroy();
  }

  async ask(what: "turn" | "settle" | "take"): Promise<string> {
    await this.#control.send(request(`GET /control/${what}`));
    return (await this.#control.read()).body.toString();
  }

  /** A connection whose first request is answered. */
  async open(): Promise<RawClient> {
    const client = await RawClient.connect(this.server.port);
    await client.send(request("GET /first"));
    const { status, headers } = await client.read();
    const announced = headers.some(([name]) => name.toLowerCase() === "connection");
    if (status !== 200 || announced !== this.#announces)
      throw new Error(`a connection is not on the engine that was asked for: ${status} ${JSON.stringify(headers)}`);
    return client;
  }
}

/** What came of each input, on each side. */
export async function send(inputs: readonly Input[], sides: readonly Side[]): Promise<View[][]> {
  return Promise.all(sides.map((side) => sendTo(side, inputs)));
}

// --- internal ---

/** All at once and in step: a piece of each, then a wait until the server has read them. */
async function sendTo(side: Side, inputs: readonly Input[]): Promise<View[]> {
  const clients = await Promise.all(inputs.map(() => side.open()));
  const ports = clients.map(({ socket }) => socket.localPort!);
  await side.ask("take");
  const most = Math.max(...inputs.map(({ pieces }) => pieces.length));
  for (let step = 0; step < most; step++) {
    await Promise.all(clients.map((client, i) => put(client, inputs[i]!.pieces[step])));
    await side.ask(step + 1 < most ? "turn" : "settle");
  }
  for (const [i, client] of clients.entries()) if (inputs[i]!.ends) client.halfClose();
  await side.ask("settle");
  const taken = JSON.parse(await side.ask("take")) as Record<string, Given[]>;
  return clients.map((client, i) => {
    // No FIN: its port could not be used again for a minute.
    client.reset();
    return {
      given: taken[ports[i]!] ?? [],
      answers: client.pending.toString("latin1"),
      closed: client.isClosed,
    };
  });
}

async function put(client: RawClient, piece: Buffer | undefined): Promise<void> {
  if (piece !== undefined && !client.isClosed) await client.send(piece);
}
