/**
 * A guide as steps. Behind the language of each fenced block stands what a reader does with it:
 *
 *     ```sh run                 types it, and it succeeds
 *     ```sh start               starts a server with it; one started before is stopped by Ctrl-C first
 *     ```text prints            has seen this, and nothing else, from the block before: `…` stands for anything
 *     ```text logs              sees these lines in the log of the server, in this order; numbers may differ
 *     ```js file=PATH           saves it
 *     ```nginx from=deploy/FILE is shown a part of that file: these lines are in it, in this order
 *     ```yaml shown             is only shown it
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/junicorn.ts";

export interface Step {
  readonly kind: "run" | "start" | "prints" | "logs" | "file" | "from" | "shown";
  /** Of the kinds file and from. */
  readonly path: string;
  readonly text: string;
  /** Where it begins in the guide. */
  readonly line: number;
}

export function readGuide(path: string): Step[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  return [...text.matchAll(/^```(\S*)(.*)\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length;
    const words = match[2]!.trim();
    const [, kind, , of = ""] = /^(run|start|prints|logs|shown|file|from)(=(\S+))?$/.exec(words) ?? [];
    if (kind === undefined || (of === "") === /^(file|from)$/.test(kind))
      throw new Error(`${path}:${line}: "${words}" is nothing that can be done with a block: see test/guides/guide.ts`);
    return { kind: kind as Step["kind"], path: of, text: match[3]!, line };
  });
}

/** Links to files that are not there. */
export function brokenLinks(path: string): string[] {
  const text = readFileSync(join(ROOT, path), "utf8");
  const targets = [...text.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map((match) => match[1]!);
  return targets.filter((target) => !existsSync(join(ROOT, path, "..", target)));
}

/** The pattern of a text in which `…` is anything. */
export function pattern(text: string, { looseNumbers = false } = {}): RegExp {
  const literal = text
    .trim()
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll("…", "[^]*?");
  return new RegExp(`^${looseNumbers ? literal.replace(/\d+/g, "\\d+") : literal}$`);
}

/** The first of `lines` that is not in `text` behind those before it. */
export function firstMissing(lines: readonly string[], text: string, looseNumbers: boolean): string | undefined {
  const there = text.split("\n").map((line) => line.trim());
  let at = 0;
  return lines.find((line) => {
    const wanted = pattern(line, { looseNumbers });
    while (at < there.length && !wanted.test(there[at]!)) at++;
    return at++ >= there.length;
  });
}
