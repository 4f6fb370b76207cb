/** What a worker gives to its class, made from the settings. */

import { AddressList } from "../base/address-list.ts";
import type { Log } from "../base/log.ts";
import type { Settings } from "../config/settings/index.ts";
import type { Engine, EngineEvents, Http2Terms, Refusal, TlsTerms } from "../engines/engine.ts";
import { ProxyDoor } from "../engines/proxy-door.ts";
import type { RuleName } from "../http/rules.ts";
import type { Service } from "../http/service.ts";
import type { WebSocketLimits } from "../http/websocket.ts";
import type { Clock } from "../ipc/clock.ts";
import type { InheritedListener } from "../ipc/protocol.ts";
import { FIELD } from "../ipc/scoreboard-layout.ts";
import type { Scoreboard } from "../ipc/scoreboard.ts";
import { native } from "../native.ts";
import { Acceptor } from "../net/acceptor.ts";
import { AcceptGate } from "./accept-gate.ts";
import { ScoreboardView } from "./rivals.ts";
import type { ServedLanes } from "./lanes.ts";
import type { OnAccept, ThreadsHost } from "./worker-class.ts";

export interface HostParts {
  readonly settings: Settings;
  readonly log: Log;
  readonly service: Service;
  readonly scoreboard: Scoreboard;
  /** Number of this worker's slot. */
  readonly slot: number;
  readonly now: Clock;
  readonly listeners: readonly InheritedListener[];
  readonly lanes: ServedLanes;
  readonly acceptsUpgrade: () => boolean;
  /** Null: no WebSockets. */
  readonly webSockets: WebSocketLimits | null;
  /** Null: HTTP/1 alone is spoken. */
  readonly http2: Http2Terms | null;
  /** Null: connections are plain. */
  readonly tls: TlsTerms | null;
  readonly sources: (files: readonly string[]) => void;
  readonly retire: (reason: string) => void;
  readonly explainWith: (explain: () => Promise<string>) => void;
}

export function workerHost(parts: HostParts): ThreadsHost {
  const { settings, log, service, listeners, scoreboard, now } = parts;
  const fields = scoreboard.fields(parts.slot);
  const gate = (): AcceptGate =>
    new AcceptGate(new ScoreboardView(scoreboard, parts.slot, settings.workerConnections), now);
  const limitUnsent = (bytes: number): void => {
    for (const { fd, unixPath } of listeners) if (unixPath === "") native().limitUnsent(fd, bytes);
  };
  limitUnsent(0); // a worker of another class may have set it before a reload
  return {
    limitUnsent,
    service,
    settings,
    log,
    slot: scoreboard.slot(parts.slot),
    now,
    sources: parts.sources,
    retire: parts.retire,
    explainWith: parts.explainWith,
    maxConnections: settings.workerConnections,
    keepAliveMs: settings.keepAlive * 1000,
    httpEngine: settings.httpEngine,
    note: (message) => {
      if (fields[FIELD.generation] === 1) log.info(message); // the first worker speaks for all
    },
    engine: (make, chosen) => {
      const engine = make({
        limits: {
          requestLine: settings.limitRequestLine,
          fields: settings.limitRequestFields,
          fieldSize: settings.limitRequestFieldSize,
          body: settings.limitRequestBody,
        },
        keepAliveMs: chosen.keepAliveMs,
        headerTimeoutMs: settings.headerTimeout * 1000,
        bodyTimeoutMs: settings.bodyTimeout * 1000,
        writeTimeoutMs: settings.writeTimeout * 1000,
        acceptsUpgrade: chosen.withoutUpgrades ? refuseUpgrades(parts) : parts.acceptsUpgrade,
        webSockets: parts.webSockets,
        tls: parts.tls,
        http2: parts.http2,
        trusts: (address) => service.trusts(address),
        serverHeader: "junicorn",
        events: chosen.events,
      });
      return behindProxies(engine, settings, chosen.events);
    },
    acceptor: (onAccept, { balanced } = { balanced: false }) => {
      const counted: OnAccept = (fd, address, port, listener) => {
        fields[FIELD.accepted]!++;
        onAccept(fd, address, port, listener);
      };
      return parts.lanes.attach(new Acceptor(listeners, counted, balanced ? { log, gate: gate() } : { log }));
    },
    refused: (refusal) => logRefusal(log, refusal),
    connectionsChanged: (connections) => (fields[FIELD.connections] = connections),
  };
}

// --- internal ---

const PROXY_VERSIONS = { off: 0, v1: 1, v2: 2, auto: 3 } as const;

function behindProxies(engine: Engine, settings: Settings, events: EngineEvents): Engine {
  const versions = PROXY_VERSIONS[settings.proxyProtocol];
  if (versions === 0) return engine;
  const allowed = new AddressList(settings.proxyAllowFrom);
  return new ProxyDoor(engine, { versions, allowed, timeoutMs: settings.headerTimeout * 1000, events });
}

/** Says so when the first client asks for one. */
function refuseUpgrades({ settings, log, acceptsUpgrade }: HostParts): () => boolean {
  let told = false;
  return () => {
    if (told || !acceptsUpgrade()) return false;
    told = true;
    log.warning(
      `The application takes over connections (WebSockets), which the ${settings.workerClass} class does not offer: use the async class`,
    );
    return false;
  };
}

/** A client that is slow, or opened a connection in advance and did not use it, did nothing wrong; nor did one that has not heard of its limit yet. */
const HARMLESS: ReadonlySet<string> = new Set<RuleName>(["header-timeout", "http2-streams"]);

function logRefusal(log: Log, { peer, rule, status, reason, stream }: Refusal): void {
  const level = HARMLESS.has(rule) ? "debug" : "warning";
  if (stream) log.log(level, `Invalid request from ${peer}: stream ${stream} is reset: ${reason} (${rule})`);
  else if (stream === 0) log.log(level, `Invalid requests from ${peer}: ${reason} (${rule})`);
  else if (status === 0) log.warning(`HTTP/2 session with ${peer} ended: ${reason} (${rule})`);
  else log.log(level, `Invalid request from ${peer}: ${status} ${reason} (${rule})`);
}
