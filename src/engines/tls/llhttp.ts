/** The llhttp engine over TLS: connections come to it when their handshake is done. */

import type { EngineOptions, SecureConnection, SecureEngine } from "../engine.ts";
import { LlhttpEngine } from "../llhttp/engine.ts";
import { TlsStreams } from "./streams.ts";

export class SecureLlhttpEngine extends LlhttpEngine implements SecureEngine {
  constructor(options: EngineOptions) {
    super(options, (onEvent) => new TlsStreams(onEvent));
  }

  adoptSecure(secure: SecureConnection): void {
    const streams = this.streams as TlsStreams;
    const id = streams.take(secure);
    this.open(id, secure).onOpen(streams.receive());
  }
}
