/** Requests of uWebSockets that break a rule of ours: the log hears why, and so does the client, whose connection ends. */

import { peerName } from "../../base/peer-name.ts";
import { errorAnswer } from "../../http/error-page.ts";
import type { Peer } from "../../http/exchange.ts";
import type { ResponseHead } from "../../http/response-head.ts";
import { ruleOf, type RuleName } from "../../http/rules.ts";
import { statusPhrase } from "../../http/status.ts";
import { native } from "../../native.ts";
import type { Refusal } from "../engine.ts";
import type { UwsRequest, UwsResponse } from "./binding.ts";
import { afterHandler } from "./reading.ts";
import { remotePortOf } from "./shared-peer.ts";
import { writeHead } from "./write-head.ts";

export class Refusals {
  readonly #head: ResponseHead;
  readonly #serverHeader: string;
  readonly #refused: (refusal: Refusal) => void;

  constructor(head: ResponseHead, serverHeader: string, refused: (refusal: Refusal) => void) {
    this.#head = head;
    this.#serverHeader = serverHeader;
    this.#refused = refused;
  }

  /** Tells the log alone. */
  note(res: UwsResponse, name: RuleName, peer: Peer): void {
    const { status, reason } = ruleOf(name);
    const from = peerName(peer.remoteAddress, remotePortOf(peer, res), peer.unixPath);
    this.#refused({ peer: from, rule: name, status, reason });
  }

  /** While its handler runs. */
  refuse(res: UwsResponse, request: UwsRequest, name: RuleName, peer: Peer): void {
    this.note(res, name, peer);
    native().uwsDropRest(request);
    // Not at once: uWebSockets would take it for answered, and forget that the connection is to end, were there another request after all.
    afterHandler(res, () => res.cork(() => this.#sayWhy(res, name)));
  }

  #sayWhy(res: UwsResponse, name: RuleName): void {
    const { status, reason } = ruleOf(name);
    const { headers, body } = errorAnswer(status, `${statusPhrase(status)}: ${reason}`);
    this.#head.build(status, "", headers, Buffer.byteLength(body), false, 1, false);
    writeHead(res, this.#head, this.#serverHeader, false);
    res.end(body, true);
  }
}
