/** The llhttp engine as the options ask for it: plain, or over TLS, of which nothing is loaded where it is not wanted. */

import type { Engine, EngineOptions } from "../engine.ts";
import { LlhttpEngine } from "./engine.ts";

export function llhttpEngine(options: EngineOptions): Engine {
  return options.tls ? options.tls.engine(options, options.tls) : new LlhttpEngine(options);
}
