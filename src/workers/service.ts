/** The service of a worker, made from the settings. */

import type { Settings } from "../config/settings/index.ts";
import { Service, type ServiceOptions } from "../http/service.ts";
import type { Telemetry } from "../http/telemetry.ts";
import { trustOf } from "../http/trust/trust.ts";
import type { WorkerLogs } from "./logs.ts";

export interface ServiceParts {
  readonly settings: Settings;
  readonly logs: WorkerLogs;
  readonly telemetry: Telemetry;
  /** The worker has begun as many requests as it should in its life. */
  readonly limitReached: (reason: string) => void;
}

export function serviceFor({ settings, logs, telemetry, limitReached }: ServiceParts): Service {
  return new Service({
    log: logs.error,
    accessLog: logs.access,
    telemetry,
    requestTimeout: settings.requestTimeout,
    healthPath: settings.healthPath,
    trust: trustOf(settings),
    ...requestLimit(settings, limitReached),
  });
}

// --- internal ---

/** Each worker draws its own. */
function requestLimit(
  { maxRequests, maxRequestsJitter }: Settings,
  reached: ServiceParts["limitReached"],
): Pick<ServiceOptions, "limit"> {
  if (maxRequests === 0) return {};
  const requests = maxRequests + Math.floor(Math.random() * (maxRequestsJitter + 1));
  return { limit: { requests, reached: () => reached(`it has begun ${requests} requests (max_requests)`) } };
}
