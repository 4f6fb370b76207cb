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

  /** For clients that ask for this name, or for none (""); null: too many different ones have been asked for. */
  for(serverName: string, listener: ListenerInfo): ListenerApps | null {
    let byName = this.#apps.get(listener);
    if (byName === undefined) this.#apps.set(listener, (byName = new Map<string, ListenerApps>()));
    const known = byName.get(serverName);
    if (known !== undefined) return known;
    const named = this.#byName.find(serverName);
    if (byName.size >= (named === undefined ? MOST_STRANGE_NAMES : MOST_NAMES)) return null;
    const pair = named ?? this.#pairs[0]!;
    const make = (): UwsApp => this.#make(pair);
    const apps = this.#engine.appsOf(listener, { make, tls: told(serverName), mostAddresses: MOST_ADDRESSES });
    byName.set(serverName, apps);
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

/** Of one listener. Names that no certificate has, which anybody may make up, must not use up those that there are. */
const MOST_NAMES = 16;
const MOST_STRANGE_NAMES = 4;
/** Of one name, that get an app of their own; the others share one. */
const MOST_ADDRESSES = 32;

/** uWebSockets tells nothing; but only clients get to it of which this much is known. */
function told(serverName: string): PeerTls {
  return Object.freeze({
    protocol: "TLSv1.3",
    cipher: Object.freeze({ name: "", standardName: "", version: "TLSv1.3" }),
    serverName,
    application: "",
    resumed: null,
    certificates: [],
    authorized: false,
  });
}
