/** From bytes to exchanges: feeds a connection's input to the parser, begins requests, passes bodies on, refuses what is wrong. */

import { peerName } from "../../base/peer-name.ts";
import { errorAnswer } from "../../http/error-page.ts";
import { ruleOf } from "../../http/rules.ts";
import { statusPhrase } from "../../http/status.ts";
import { HeadFlag, ParserField } from "../../native.ts";
import type { Connection } from "./connection.ts";
import { LlhttpExchange } from "./exchange.ts";
import { headOf, takeSpans } from "./parsed.ts";

/**
 * Takes `chunk[start, end)`. Requests are begun one at a time: what follows one that is not answered yet is kept, and reading stops,
 * so a client that pipelines holds no more of our memory than one read.
 */
export function receive(connection: Connection, chunk: Uint8Array, start: number, end: number): void {
  const state = connection.host.state;
  connection.receiving = true;
  while (start < end && connection.open && !connection.lingering) {
    const current = connection.exchange;
    if (current?.complete === true) {
      connection.stash(chunk, start, end);
      break;
    }
    const parser = (connection.parser ??= connection.host.parsers.acquire());
    const text = parser.execute(chunk, start, end);
    // All facts are taken out before anybody else runs: the state is shared by every parser of the thread.
    const flags = state[ParserField.FLAGS]!;
    start += state[ParserField.CONSUMED]!;
    connection.betweenMessages = (flags & REUSABLE) === REUSABLE;
    if ((flags & HeadFlag.ERROR) !== 0) {
      refuse(connection, connection.host.rules[state[ParserField.RULE]!] ?? "malformed");
      break;
    }
    const body = state[ParserField.SPANS] === 0 ? null : takeSpans(state, chunk);
    const trailers = (flags & HeadFlag.TRAILERS) === 0 ? NONE : parser.takeTrailers();
    if (text === null) {
      if (current !== null) continueBody(connection, current, flags, body, trailers);
      continue;
    }
    const exchange = beginExchange(connection, text, state);
    const limit = connection.host.bodyLimit;
    if (limit > 0 && exchange.contentLength > limit) {
      refuse(connection, "body-too-large"); // before a byte of it is read, and without a 100
      break;
    }
    if (exchange.upgradeable) {
      if (start < end) connection.stash(chunk, start, end);
      else connection.read(false); // what comes next may not be HTTP, and is for the raw socket
      start = end;
    }
    if (body !== null) for (const piece of body) exchange.takeBody(piece, limit);
    if ((flags & HeadFlag.COMPLETE) !== 0) exchange.body?.end(trailers);
    dispatch(connection, exchange);
  }
  connection.receiving = false;
  if (connection.open && connection.exchange === null && !connection.lingering) connection.settle();
}

/** Answers a request that is wrong in itself, or ends the body of one that is being served; either way the connection ends. */
export function refuse(connection: Connection, ruleName: string): void {
  const rule = ruleOf(ruleName);
  const { host, exchange, peer } = connection;
  const from = peerName(peer.remoteAddress, peer.remotePort, peer.unixPath);
  host.events.refused({ peer: from, rule: ruleName, status: rule.status, reason: rule.reason });
  if (exchange !== null) {
    connection.read(false);
    exchange.bodyBroken(rule);
    if (exchange.over) connection.linger();
    return;
  }
  const answer = errorAnswer(rule.status, `${statusPhrase(rule.status)}: ${rule.reason}`);
  host.head.build(rule.status, "", answer.headers, Buffer.byteLength(answer.body), false, 1, false);
  if (connection.write(host.head.text, answer.body, "") >= 0) connection.linger();
}

// --- internal ---

const NONE: string[] = [];
/** Complete, and another message may follow: the parser is as good as new. */
const REUSABLE = HeadFlag.COMPLETE | HeadFlag.KEEP_ALIVE;

function beginExchange(connection: Connection, text: string, state: Int32Array): LlhttpExchange {
  const flags = state[ParserField.FLAGS]!;
  const head = headOf(text, state);
  const asksUpgrade = (flags & HeadFlag.UPGRADE) !== 0 && (flags & HeadFlag.COMPLETE) !== 0;
  return new LlhttpExchange(connection, head, asksUpgrade && connection.host.acceptsUpgrade());
}

function dispatch(connection: Connection, exchange: LlhttpExchange): void {
  connection.exchange = exchange;
  connection.queue?.disarm(connection);
  connection.host.events.exchange(exchange);
  // Until somebody asks for the rest of the body, the kernel keeps it.
  if (!exchange.complete && !exchange.bodyFlows && !exchange.over) connection.read(false);
}

function continueBody(
  connection: Connection,
  exchange: LlhttpExchange,
  flags: number,
  body: Uint8Array[] | null,
  trailers: string[],
): void {
  if (body !== null) {
    for (const piece of body) {
      if (exchange.over && !exchange.bodyFlows) connection.discard(piece.length);
      else if (!exchange.takeBody(piece, connection.host.bodyLimit)) return connection.read(false);
    }
    if (exchange.over && connection.open && !connection.lingering)
      connection.host.bodyQueue.arm(connection, performance.now());
  }
  if ((flags & HeadFlag.COMPLETE) === 0 || !connection.open) return;
  const wasOver = exchange.over;
  exchange.body?.end(trailers); // which may bring the answer
  connection.read(true); // to hear of a client that goes away while the answer is made
  if (wasOver && connection.open) connection.exchangeDone(exchange);
}
