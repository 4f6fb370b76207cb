/** Whether uWebSockets has accepted what llhttp refuses. */

import type { Given, View } from "./run.ts";

/** Null, or what the application behind uWebSockets was given and should not have been. */
export function wronglyAccepted(uws: View, llhttp: View): Given | null {
  const last = uws.given.findLastIndex(isWhole);
  // It may do less: then nothing follows on the connection. As far as whole requests go, what was given must be the same.
  return uws.given.find((request, i) => i <= last && !isAllowed(request, llhttp.given[i])) ?? null;
}

export function show(name: string, { given, answers, closed }: View): string {
  const requests = given.map((request) => `\n  ${JSON.stringify(request)}`).join("");
  return `--- ${name}${requests}\n  answered ${JSON.stringify(answers)}${closed ? ", closed" : ""}`;
}

// --- internal ---

function isWhole({ end }: Given): boolean {
  return end === "whole";
}

function isAllowed(request: Given, onLlhttp: Given | undefined): boolean {
  if (onLlhttp === undefined || headOf(request) !== headOf(onLlhttp)) return false;
  return !isWhole(request) || (isWhole(onLlhttp) && request.body === onLlhttp.body);
}

function headOf({ method, target, httpVersion, fields }: Given): string {
  return JSON.stringify([method, target, httpVersion, fields]);
}
