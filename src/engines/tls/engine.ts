/** The engines behind a TLS port, by the protocols that clients are offered. */

import type { Engine, EngineOptions, SecureEngine, TlsTerms } from "../engine.ts";
import { LlhttpEngine } from "../llhttp/engine.ts";
import { TlsDoor } from "./door.ts";
import { SecureLlhttpEngine } from "./llhttp.ts";

export function tlsEngine(options: EngineOptions, terms: TlsTerms): Engine {
  const { http2 } = options;
  // Whoever can speak both gets HTTP/2.
  const engines = new Map<string, SecureEngine>();
  if (http2) engines.set("h2", http2.engine(options, http2.limits));
  if (!http2?.alone) engines.set("http/1.1", new SecureLlhttpEngine(options));
  return new TlsDoor({ options, terms, engines, plain: new LlhttpEngine(options) });
}
