/**
 * uWebSockets' apps for one generation of certificates. An app has one certificate, which is chosen here and not by uWebSockets, so that names mean the same
 * on both engines; and what its connections have in common is what requests can be told of them. uWebSockets never gives back the some 35 KB of an
 * app, so their number is bounded.
 */

import { JunicornError } from "../../base/errors.ts";
import type { PeerTls } from "../../http/exchange.ts";
import { ByName } from "../../tls/by-name.ts";
import type { KeyPair } from "../../tls/material.ts";
import type { ListenerInfo } from "../engine.ts";
import type { Uws, UwsApp } from "./binding.ts";
import type { UwsEngine } from "./engine.ts";
import type { ListenerApps } from "./listener-apps.ts";
import { withPemFile } from "./pem-file.ts";

export class SecureApps {
  readonly #uws: Uws;
  readonly #engine: UwsEngine;
  readonly #pairs: readonly KeyPair[];
  readonly #byName = new ByName<KeyPair>();
  readonly #apps = new Map<ListenerInfo, Map<string, ListenerApps>>();

  /** Throws `ERR_WORKER_BOOT` for a key that uWebSockets' own TLS does not take, though Node's does. */
  constructor(uws: Uws, engine: UwsEngine, pairs: readonly KeyPair[]) {
    this.#uws = uws;
    this.#engine = engine;
    this.#pairs = pairs;
    for (const pair of pairs) {
      this.#byName.add(pair.names, pair);
      this.#make(pair);
    }
  }

  /** For clients that ask for this name, or for none (""), and get this cipher; null: too many different ones have come. */
  for(serverName: string, cipher: string, listener: ListenerInfo): ListenerApps | null {
    let byFacts = this.#apps.get(listener);
    if (byFacts === undefined) this.#apps.set(listener, (byFacts = new Map<string, ListenerApps>()));
    const key = `${cipher} ${serverName}`;
    const known = byFacts.get(key);
    if (known !== undefined) return known;
    const named = this.#byName.find(serverName);
    const madeUp = named === undefined && serverName !== "";
    if (byFacts.size >= (madeUp ? MOST_MADE_UP : MOST)) return null;
    const pair = named ?? this.#pairs[0]!;
    const make = (): UwsApp => this.#make(pair);
    const tls = told(serverName, cipher);
    const apps = this.#engine.appsOf(listener, { make, tls, mostAddresses: MOST_ADDRESSES });
    byFacts.set(key, apps);
    return apps;
  }

  // --- internal ---

  #make({ names, cert, key }: KeyPair): UwsApp {
    return withPemFile(`${key}\n${cert}\n`, (path) => {
      try {
        return this.#uws.SSLApp({ key_file_name: path, cert_file_name: path });
      } catch {
        const problem = `uWebSockets does not take the key or the certificate for ${names.join(", ") || "no name"}: it takes RSA, ECDSA (P-256, P-384, P-521) and Ed25519`;
        throw new JunicornError("ERR_WORKER_BOOT", { problem });
      }
    });
  }
}

// --- internal ---

/** Names with a cipher, of one listener. Names that no certificate has, which anybody may make up, must not use up those that there are. */
const MOST = 24;
const MOST_MADE_UP = 6;
/** Of one name and cipher, that get an app of their own; the others share one. */
const MOST_ADDRESSES = 20;

/** uWebSockets tells nothing; but only clients get to it of which this much is known. */
function told(serverName: string, cipher: string): PeerTls {
  return Object.freeze({
    protocol: "TLSv1.3",
    cipher: Object.freeze({ name: cipher, standardName: cipher, version: "TLSv1.3" }),
    serverName,
    application: "",
    resumed: null,
    certificates: [],
    authorized: false,
  });
}
