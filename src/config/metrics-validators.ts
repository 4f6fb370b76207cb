/** The kinds of values that say where metrics go. */

import { parseAddress } from "../net/address.ts";
import type { SettingType } from "./setting.ts";
import { address } from "./validators.ts";

/** Where statsd listens: a host and a port, or a unix socket; kept as it was written. */
export function statsdAddress(): SettingType<string> {
  const allowed = "expected HOST:PORT, such as 127.0.0.1:8125, or unix:PATH";
  return reading(address(), (text) => {
    const parsed = parseAddress(text);
    if (parsed.kind === "fd" || (parsed.kind === "tcp" && !/:\d+\/?$/.test(text.trim()))) throw new Error(allowed);
    if (parsed.kind === "tcp" && parsed.port === 0) throw new Error(`${allowed}: nobody listens at port 0`);
  });
}

/** Where Prometheus finds metrics; a descriptor would have nobody to know it. */
export function metricsAddress(): SettingType<string> {
  return reading(address(), (text) => {
    const parsed = parseAddress(text);
    const hasPort = parsed.kind !== "tcp" || /:\d+\/?$/.test(text.trim());
    if (parsed.kind === "fd" || !hasPort)
      throw new Error("expected HOST:PORT, such as 127.0.0.1:9400, :PORT or unix:PATH");
  });
}

// --- internal ---

/** `check` throws what is wrong. */
function reading(inner: SettingType<string>, check: (text: string) => void): SettingType<string> {
  const checked = (text: string): string => {
    check(text);
    return text;
  };
  return {
    ...inner,
    fromText: (texts) => checked(inner.fromText(texts)),
    fromValue: (value) => checked(inner.fromValue(value)),
  };
}
