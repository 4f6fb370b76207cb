/** Whether uWebSockets has accepted what llhttp refuses. */

import type { Given, View } from "./run.ts";

/** Null, or what the application behind uWebSockets was given and should not have been. It may be given less: then nothing follows on the connection. */
export function wronglyAccepted(uws: View, llhttp: View): Given | null {
  const last = uws.given.findLastIndex(isWhole);
  const isAllowed = (request: Given, i: number): boolean => {
    const onLlhttp = llhttp.given[i];
    // What comes together with the fault in its body may be refused before anybody is given it.
    if (onLlhttp === undefined) return i > last && isChunked(request);
    if (headOf(request) !== headOf(onLlhttp)) return false;
    return !isWhole(request) || (isWhole(onLlhttp) && request.body === onLlhttp.body);
  };
  return uws.given.find((request, i) => !isAllowed(request, i)) ?? null;
}

export function show(name: string, { given, answers, closed }: View): string {
  const requests = given.map((request) => `\n  ${JSON.stringify(request)}`).join("");
  return `--- ${name}${requests}\n  answered ${JSON.stringify(answers)}${closed ? ", closed" : ""}`;
}

// --- internal ---

function isWhole({ end }: Given): boolean {
  return end === "whole";
}

function isChunked({ fields }: Given): boolean {
  return fields.some(([name]) => name === "transfer-encoding");
}

function headOf({ method, target, httpVersion, fields }: Given): string {
  return JSON.stringify([method, target, httpVersion, fields]);
}
