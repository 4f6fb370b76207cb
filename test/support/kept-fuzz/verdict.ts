/** Whether uWebSockets has accepted what llhttp refuses. */

import type { Given, View } from "./run.ts";

/** Null, or what the application behind uWebSockets was given and should not have been. It may be given less: then nothing follows on the connection. */
export function wronglyAccepted(uws: View, llhttp: View): Given | null {
  const last = uws.given.findLastIndex(isWhole);
  const isAllowed = (request: Given, i: number): boolean => {
    const onLlhttp = llhttp.given[i];
    if (onLlhttp === undefined && hasEndedInDoubt(llhttp)) return true;
    // What comes together with the fault in its body may be refused before anybody is given it.
    if (onLlhttp === undefined) return i > last && isChunked(request);
    if (headOf(request) !== headOf(onLlhttp)) return false;
    if (!isWhole(request)) return true;
    if (!isWhole(onLlhttp) && i === llhttp.given.length - 1 && isAnsweredToTheEnd(llhttp)) return true;
    return isWhole(onLlhttp) && bodyOf(request) === bodyOf(onLlhttp);
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

/** The last request was answered before its body was there, and the connection ends: llhttp reads no more of it, sound or not. */
function isAnsweredToTheEnd({ answers }: View): boolean {
  const last = answers.slice(answers.lastIndexOf("HTTP/1.1 "));
  return last.startsWith("HTTP/1.1 200 ") && last.includes("Connection: close\r\n");
}

/** Whether a body comes that was not asked for (`100 Continue`), llhttp cannot know, and closes; uWebSockets has asked for it. */
function hasEndedInDoubt(llhttp: View): boolean {
  const last = llhttp.given.at(-1);
  const isInDoubt = last?.end === "unread" && last.fields.some(([name]) => name === "expect");
  return isInDoubt && isAnsweredToTheEnd(llhttp);
}

function isChunked({ fields }: Given): boolean {
  return fields.some(([name]) => name === "transfer-encoding");
}

function headOf({ method, target, httpVersion, fields }: Given): string {
  return JSON.stringify([method, target, httpVersion, fields]);
}

function bodyOf({ body, trailers }: Given): string {
  return JSON.stringify([body, trailers]);
}
