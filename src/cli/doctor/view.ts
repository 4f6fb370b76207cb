/** The findings as a list for people. */

import type { Finding, Level } from "../../doctor/finding.ts";
import type { Style } from "../../base/terminal/style.ts";
import { wrap } from "../../base/terminal/wrap.ts";

/** A paragraph for each finding, what is wrong last, and a line that counts them. */
export function findingsView(
  findings: readonly Finding[],
  { width, style }: { width: number; style: Style },
): string[] {
  const name = Math.max(...findings.map(({ check }) => check.length));
  const indent = MARK + name + 2;
  const paint = { ok: style.green, warn: style.yellow, fail: style.red };
  const paragraphs = LEVELS.flatMap((level) => findings.filter((finding) => finding.level === level)).flatMap(
    ({ check, level, text, fix }) => {
      const [first = "", ...more] = wrap(text, width - indent);
      const advice = fix === null ? [] : wrap(`fix: ${fix}`, width - indent);
      return [
        `${paint[level](level.padEnd(MARK))}${style.bold(check.padEnd(name))}  ${first}`,
        ...[...more, ...advice].map((line) => " ".repeat(indent) + line),
      ];
    },
  );
  return [...paragraphs, "", summary(findings)];
}

// --- internal ---

/** As they are listed: what matters is where the eye is when all has been printed. */
const LEVELS: readonly Level[] = ["ok", "warn", "fail"];
const MARK = 6;

function summary(findings: readonly Finding[]): string {
  const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
  const words = (level: Level, one: string, many: string): string[] => {
    const n = count(level);
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`];
  };
  const bad = [...words("fail", "failure", "failures"), ...words("warn", "warning", "warnings")];
  return [...(bad.length === 0 ? ["nothing to mend"] : bad), `${count("ok")} ok`].join(", ");
}
