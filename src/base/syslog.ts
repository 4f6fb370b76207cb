/** Where syslog is and how an entry begins (RFC 3164): for the settings and for who sends. */

/** A socket whose kind is not said is asked. */
export type SyslogAddress =
  | { readonly kind: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string; readonly socket: "dgram" | "stream" | null };

export const FACILITIES = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  security: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

export type Facility = keyof typeof FACILITIES;

/** Throws an Error whose message says what is allowed. */
export function parseSyslogAddress(text: string): SyslogAddress {
  const unix = /^unix:\/\/([^#]+)(?:#(dgram|stream))?$/.exec(text);
  if (unix !== null)
    return { kind: "unix", path: unix[1]!, socket: (unix[2] as "dgram" | "stream" | undefined) ?? null };
  const [, kind, plain, bracketed, digits = "514"] =
    /^(udp|tcp):\/\/(?:([^[\]:/#?]+)|\[([0-9a-f:.]+)\])(?::(\d+))?\/?$/i.exec(text) ?? [];
  const port = Number(digits);
  if (kind === undefined || port < 1 || port > 65_535)
    throw new Error("expected udp://HOST:PORT, tcp://HOST:PORT, or unix://PATH, with #dgram or #stream if need be");
  return { kind: kind.toLowerCase() as "udp" | "tcp", host: plain ?? bracketed!, port };
}
