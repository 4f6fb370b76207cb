/** The ways in which TLS is spoken: in each worker class, and by uWebSockets. */

import { HAS_UWS } from "./uws.ts";

export interface TlsVariant {
  readonly name: string;
  readonly args: readonly string[];
  /** uWebSockets speaks it with the clients that suit it. */
  readonly uws: boolean;
}

const classes = ["sync", "gthread", "async"].map((name) => ({ name, args: ["-k", name], uws: false }));

export const TLS_VARIANTS: readonly TlsVariant[] = [
  ...classes,
  ...(HAS_UWS ? [{ name: "async on uws", args: ["-k", "async", "--http-engine", "uws"], uws: true }] : []),
];
