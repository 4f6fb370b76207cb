/** Reads the heads of requests by the calls that uWebSockets has for it: one for each part, and without what it hides (docs/engines.md). */

import type { HeaderList } from "../../http/exchange.ts";
import { brokenRule, type HeadLimits } from "../../http/request-rules.ts";
import type { RuleName } from "../../http/rules.ts";
import type { UwsRequest } from "./binding.ts";
import type { Heads } from "./heads.ts";

export class HeadsByCalls implements Heads {
  readonly head = {
    ...{ method: "", target: "", httpMinor: 1, headers: NONE },
    ...{ contentLength: 0, expectsContinue: false, close: false, ascii: true, goodHost: "", time: 0 },
  };
  readonly #limits: HeadLimits;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  read(request: UwsRequest): RuleName | null {
    const { head } = this;
    const headers: HeaderList = (head.headers = []);
    request.forEach((name, value) => headers.push(name, value));
    const query = request.getQuery();
    head.method = request.getCaseSensitiveMethod();
    head.target = query === undefined ? request.getUrl() : `${request.getUrl()}?${query}`;
    const rule = brokenRule(head.method, head.target, headers, this.#limits, head);
    if (head.ascii) return rule;
    toLatin1(headers);
    return brokenRule(head.method, head.target, headers, this.#limits, head);
  }
}

// --- internal ---

const NONE: HeaderList = [];

/** uWebSockets reads the bytes of values as UTF-8, where HTTP has latin-1. */
function toLatin1(headers: HeaderList): void {
  for (let i = 1; i < headers.length; i += 2) headers[i] = Buffer.from(headers[i]!).toString("latin1");
}
