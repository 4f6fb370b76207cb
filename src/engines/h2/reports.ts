/** What the log is told of a session: requests that are refused, streams that nghttp2 resets by itself, and why the session was ended. */

import { constants } from "node:http2";
import { peerName } from "../../base/peer-name.ts";
import type { Peer } from "../../http/exchange.ts";
import { ruleOf, type RuleName } from "../../http/rules.ts";
import type { EngineEvents } from "../engine.ts";

export class Reports {
  readonly #events: EngineEvents;
  readonly #peer: Peer;
  #resets = 0;
  #isBroken = false;

  constructor(events: EngineEvents, peer: Peer) {
    this.#events = events;
    this.#peer = peer;
  }

  /** A request that is answered by us, or a session that we end. */
  refused(rule: RuleName): void {
    this.#tell(rule, ruleOf(rule).reason);
  }

  /** A stream was reset: by nghttp2, for what its client did, or else false is returned. */
  reset(stream: number, code: number): boolean {
    if (OUR_RESETS.has(code)) return false;
    const rule = RESET_RULES.get(code) ?? "http2-malformed";
    // A client that knows its limit keeps to it; one that does not yet is no trouble.
    if (rule === "http2-streams" || ++this.#resets <= MOST_TOLD)
      this.#tell(rule, `${ruleOf(rule).reason} (${nameOfCode(code)})`, stream);
    return true;
  }

  /** The session was ended: by nghttp2, for what its client did, or else false is returned. */
  goaway(code: number, words: string): boolean {
    if (code === constants.NGHTTP2_NO_ERROR) return false;
    this.#broken(words === "" ? nameOfCode(code) : `${words} (${nameOfCode(code)})`);
    return true;
  }

  /** Node has ended the session. */
  failed({ code, message }: NodeJS.ErrnoException): void {
    if (BROKEN.has(code ?? "")) this.#broken(message);
  }

  /** Nothing more comes. */
  end(): void {
    const more = this.#resets - MOST_TOLD;
    if (more > 0) this.#tell("http2-more-resets", `${more} more streams of this session were reset`, 0);
  }

  // --- internal ---

  #broken(problem: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const { reason } = ruleOf("http2-protocol-error");
    this.#tell("http2-protocol-error", `${reason}: ${problem}`);
  }

  #tell(rule: RuleName, reason: string, stream?: number): void {
    const { remoteAddress, remotePort, unixPath } = this.#peer;
    const peer = peerName(remoteAddress, remotePort, unixPath);
    const { status } = ruleOf(rule);
    this.#events.refused({ peer, rule, status, reason, ...(stream !== undefined && { stream }) });
  }
}

// --- internal ---

/** Of each session, by themselves. */
const MOST_TOLD = 5;

const CODES: readonly string[] = [
  ...["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED"],
  ...["FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM"],
  ...["INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
];

const RESET_RULES: ReadonlyMap<number, RuleName> = new Map([
  [constants.NGHTTP2_FLOW_CONTROL_ERROR, "http2-flow-control"],
  [constants.NGHTTP2_REFUSED_STREAM, "http2-streams"],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, "http2-header-list"],
]);

/** An error code, as RFC 9113 §7 has it. */
function nameOfCode(code: number): string {
  return CODES[code] ?? `code ${code}`;
}

/** What streams are reset with by us, or by Node on our behalf. */
const OUR_RESETS: ReadonlySet<number> = new Set([
  constants.NGHTTP2_NO_ERROR,
  constants.NGHTTP2_INTERNAL_ERROR,
  constants.NGHTTP2_CANCEL,
]);

/** What Node says of a client that breaks the rules; other errors are those of connections, which come and go. */
const BROKEN: ReadonlySet<string> = new Set(["ERR_HTTP2_ERROR", "ERR_HTTP2_TOO_MANY_INVALID_FRAMES"]);
