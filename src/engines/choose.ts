/** The engine of a class that would like uWebSockets: with it, where it loads and can do what the settings ask for, else llhttp alone. */

import { JunicornError } from "../base/errors.ts";
import type { Engine, EngineLimits, EngineOptions, TlsTerms } from "./engine.ts";
import { llhttpEngine } from "./llhttp/make.ts";
import { RoutingEngine } from "./route.ts";
import { loadUws, type Uws } from "./uws/binding.ts";

export type EngineChoice = "auto" | "uws" | "llhttp";

export interface ChosenEngine {
  readonly engine: Engine;
  /** Why everything is served on llhttp though nobody asked for that; null otherwise. */
  readonly fallback: string | null;
}

/** `uws` insists: where it cannot be, `ERR_WORKER_BOOT` says why. */
export function chooseEngine(choice: EngineChoice, options: EngineOptions): ChosenEngine {
  if (choice === "llhttp" || (choice === "auto" && options.tls))
    return { engine: llhttpEngine(options), fallback: null };
  const { limits, tls, http2 } = options;
  const reason = beyondUws({ ...options, tls: tls ? tlsWishes(tls, http2?.alone === true) : null });
  const uws = reason ?? loadUws(mostHeadBytes(limits));
  if (typeof uws !== "string") return { engine: uwsEngine(uws, options), fallback: null };
  if (choice === "uws") throw impossible(uws);
  return { engine: llhttpEngine(options), fallback: uws };
}

/** What uWebSockets cannot do for everybody. */
interface WishesOfUws {
  readonly keepAliveMs: number;
  readonly limits: Pick<EngineLimits, "fields">;
  readonly tls: WishesOfTls | null;
}

interface WishesOfTls extends Pick<TlsTerms, "clientCertificates" | "ciphers" | "hooked"> {
  readonly http2Alone: boolean;
}

/** Which of the settings asks for more than uWebSockets can do; null: none. */
export function beyondUws({ keepAliveMs, limits, tls }: WishesOfUws): string | null {
  if (tls?.http2Alone) return "http_protocols is h2, and uWebSockets speaks HTTP/1.1 alone";
  if (tls && tls.clientCertificates !== "none")
    return `cert_reqs is ${tls.clientCertificates}, and uWebSockets does not tell whose certificate a client has shown`;
  if (tls?.hooked) return "the hook sslContext is there, and uWebSockets' TLS cannot be adjusted";
  if (tls?.ciphers?.includes("TLS_"))
    return `ciphers (${tls.ciphers}) names suites of TLS 1.3, of which uWebSockets has a fixed list`;
  if (keepAliveMs > UWS_KEEP_ALIVE_MS)
    return `keep_alive is over ${UWS_KEEP_ALIVE_MS / 1000} s, after which uWebSockets closes idle connections`;
  if (limits.fields === 0 || limits.fields > UWS_FIELDS)
    return `limit_request_fields is over ${UWS_FIELDS}, and uWebSockets takes no more`;
  return null;
}

// --- internal ---

/** uWebSockets closes idle connections after this long, whatever we say. */
const UWS_KEEP_ALIVE_MS = 10_000;
/** It has room for 99 fields. A request with exactly 100, our default limit, is refused by either engine's limit or by its own. */
const UWS_FIELDS = 100;
/** What it reads at once. */
const UWS_READ = 512 * 1024;
/** What llhttp takes of a head when there is no limit. */
const HEAD_CEILING = 1024 * 1024;

function tlsWishes({ clientCertificates, ciphers, hooked }: TlsTerms, http2Alone: boolean): WishesOfTls {
  return { clientCertificates, ciphers, hooked, http2Alone };
}

function uwsEngine(uws: Uws, options: EngineOptions): Engine {
  const { tls } = options;
  if (!tls) return new RoutingEngine(uws, options);
  try {
    return tls.uwsEngine(uws, options, tls);
  } catch (error) {
    throw impossible((error as Error).message);
  }
}

function impossible(reason: string): JunicornError {
  const problem = `--http-engine uws is not possible here: ${reason}. With --http-engine auto it is served on llhttp`;
  return new JunicornError("ERR_WORKER_BOOT", { problem });
}

/** With room for a whole read more: where a head comes in pieces, uWebSockets puts the last one, and what came with it, behind the others. */
function mostHeadBytes({ requestLine, fields, fieldSize }: EngineLimits): number {
  const unlimited = requestLine === 0 || fieldSize === 0;
  return UWS_READ + (unlimited ? HEAD_CEILING : Math.min(HEAD_CEILING, requestLine + fields * fieldSize));
}
