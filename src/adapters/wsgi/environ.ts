/** `environ`: a request in the variables of CGI and PEP 3333. */

import { JunicornError } from "../../base/errors.ts";
import { headerVariable, percentDecode, serverName, serverPort, serverProtocol, urlScheme } from "../../http/cgi.ts";
import type { Exchange } from "../../http/exchange.ts";
import { targetPath, targetQuery } from "../../http/target.ts";
import type { AdapterOptions, HeaderMap } from "../options.ts";
import { fileWrapper } from "./file-wrapper.ts";
import type { WsgiEnviron, WsgiErrors, WsgiHeaders } from "./types.ts";
import type { WsgiInput } from "./input.ts";
import { tlsVariables } from "./tls-variables.ts";

/** What of a request's environ is not in its head. */
export interface CallParts {
  readonly input: WsgiInput;
  readonly errors: WsgiErrors;
  readonly earlyHints: (headers: WsgiHeaders) => void;
  readonly sendTrailers: (trailers: WsgiHeaders) => void;
  readonly signal: AbortSignal;
}

/** Builds the environs of one application. */
export class EnvironBuilder {
  readonly #multithread: boolean;
  readonly #multiprocess: boolean;
  readonly #variables: VariableNames;

  constructor(options: AdapterOptions) {
    this.#multithread = options.multithread;
    this.#multiprocess = options.multiprocess;
    this.#variables = new VariableNames(options.headerMap, options.forwarderHeaders);
  }

  /** `parts.signal` is asked for only when the application does. Throws `ERR_REQUEST_HEADER` and `ERR_SCRIPT_NAME`. */
  build(exchange: Exchange, parts: CallParts): WsgiEnviron {
    const { target, peer } = exchange;
    const environ: WsgiEnviron = {
      REQUEST_METHOD: exchange.method,
      SCRIPT_NAME: "",
      PATH_INFO: "",
      QUERY_STRING: targetQuery(target),
      RAW_URI: target,
      SERVER_NAME: serverName(exchange),
      SERVER_PORT: serverPort(exchange),
      SERVER_PROTOCOL: serverProtocol(exchange),
      SERVER_SOFTWARE: "junicorn",
      REMOTE_ADDR: peer.remoteAddress,
      "wsgi.version": VERSION,
      "wsgi.url_scheme": urlScheme(peer),
      "wsgi.input": parts.input,
      "wsgi.errors": parts.errors,
      "wsgi.multithread": this.#multithread,
      "wsgi.multiprocess": this.#multiprocess,
      "wsgi.run_once": false,
      "wsgi.input_terminated": true,
      "wsgi.file_wrapper": fileWrapper,
      "wsgi.early_hints": parts.earlyHints,
      // An AbortController costs microseconds, and few applications look at it.
      get "junicorn.signal"() {
        return parts.signal;
      },
      "junicorn.send_trailers": parts.sendTrailers,
    };
    if (peer.remotePort !== 0) environ.REMOTE_PORT = String(peer.remotePort);
    if (peer.via !== null) {
      environ["PROXY_PROTOCOL"] = peer.via.protocol;
      environ["PROXY_ADDR"] = peer.via.destination.address;
      environ["PROXY_PORT"] = String(peer.via.destination.port);
    }
    if (peer.tls !== null) Object.assign(environ, tlsVariables(peer.tls));
    this.#addHeaders(environ, exchange);

    // A header of that name gets here only where the header map lets it.
    const scriptName = this.#variables.mayBeMounted(peer.trusted) ? scriptNameOf(exchange) : "";
    const path = targetPath(target);
    if (!path.startsWith(scriptName)) throw new JunicornError("ERR_SCRIPT_NAME", { name: JSON.stringify(scriptName) });
    environ.SCRIPT_NAME = scriptName;
    environ.PATH_INFO = percentDecode(scriptName === "" ? path : path.slice(scriptName.length));
    return environ;
  }

  // --- internal ---

  #addHeaders(environ: WsgiEnviron, exchange: Exchange): void {
    const headers = exchange.rawHeaders;
    const { trusted } = exchange.peer;
    for (let i = 0; i < headers.length; i += 2) {
      const variable = this.#variables.of(headers[i]!, trusted);
      if (variable === DROPPED) continue;
      const before = environ[variable] as string | undefined;
      environ[variable] = before === undefined ? headers[i + 1]! : `${before},${headers[i + 1]!}`;
    }
  }
}

const VERSION: readonly [1, 0] = Object.freeze([1, 0]);
const DROPPED = "";

/** Names of fields → variables, remembered, for a handful of names makes up nearly all of them. */
class VariableNames {
  readonly #headerMap: HeaderMap;
  readonly #forwarder: ReadonlySet<string>;
  readonly #known = new Map<string, string>();

  constructor(headerMap: HeaderMap, forwarder: readonly string[]) {
    this.#headerMap = headerMap;
    this.#forwarder = new Set(forwarder);
  }

  /** Whether a field SCRIPT_NAME of this peer would count. */
  mayBeMounted(trusted: boolean): boolean {
    return this.#headerMap === "dangerous" || (trusted && this.#forwards("SCRIPT_NAME"));
  }

  /** The variable of a field, or DROPPED. */
  of(name: string, trusted: boolean): string {
    // What is made of these depends on who sends them, so they are not remembered.
    if (trusted && name.includes("_") && this.#forwards(name.toUpperCase())) return headerVariable(name);
    return this.#known.get(name) ?? this.#learn(name);
  }

  #forwards(upperName: string): boolean {
    return this.#forwarder.has(upperName) || this.#forwarder.has("*");
  }

  #learn(name: string): string {
    const variable = this.#variable(name);
    if (this.#known.size < 512) this.#known.set(name, variable);
    return variable;
  }

  #variable(name: string): string {
    if (name.includes("_")) {
      if (this.#headerMap === "refuse") throw new JunicornError("ERR_REQUEST_HEADER", { name: JSON.stringify(name) });
      if (this.#headerMap === "drop") return DROPPED;
      return headerVariable(name);
    }
    const variable = headerVariable(name);
    return variable === "HTTP_CONTENT_TYPE" || variable === "HTTP_CONTENT_LENGTH" ? variable.slice(5) : variable;
  }
}

/** A proxy in front may say where the application is mounted: `SCRIPT_NAME: /app`. */
function scriptNameOf(exchange: Exchange): string {
  const headers = exchange.rawHeaders;
  let scriptName = "";
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]!.toUpperCase() === "SCRIPT_NAME") scriptName = headers[i + 1]!;
  return scriptName;
}
