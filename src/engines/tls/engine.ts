/** The engines behind a TLS port, by the protocols that clients are offered. */

import type { Engine, EngineOptions, SecureEngine, TlsTerms } from "../engine.ts";
import { LlhttpEngine } from "../llhttp/engine.ts";
import { TlsDoor } from "./door.ts";
import { SecureLlhttpEngine } from "./llhttp.ts";

export function tlsEngine(options: EngineOptions, terms: TlsTerms): Engine {
  const engines = new Map<string, SecureEngine>([["http/1.1", new SecureLlhttpEngine(options)]]);
  return new TlsDoor({ options, terms, engines, plain: new LlhttpEngine(options) });
}
