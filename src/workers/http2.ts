/** Whether and how a worker speaks HTTP/2, of which nothing is loaded where it does not. */

import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Http2Terms, TlsTerms } from "../engines/engine.ts";

/** `first`: this worker speaks for all in the log. Null: HTTP/1 alone is spoken. */
export async function http2For(
  tls: TlsTerms | null,
  settings: Settings,
  log: Log,
  first: boolean,
): Promise<Http2Terms | null> {
  if (!settings.httpProtocols.includes("h2")) return null;
  if (tls === null) {
    if (first) log.warning("HTTP/2 (http_protocols) is not offered, for it needs TLS (certfile)");
    return null;
  }
  const { H2Engine } = await import("../engines/h2/engine.ts");
  return {
    limits: {
      maxConcurrentStreams: settings.http2MaxConcurrentStreams,
      initialWindowSize: settings.http2InitialWindowSize,
      maxFrameSize: settings.http2MaxFrameSize,
      maxHeaderListSize: settings.http2MaxHeaderListSize,
    },
    alone: !settings.httpProtocols.includes("h1"),
    engine: (options, limits) => new H2Engine(options, limits),
  };
}
