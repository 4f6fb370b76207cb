import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellSplit } from "../../../src/config/argv/shell-split.ts";

const split = (line: string): string[] => shellSplit(line, "JUNICORN_CMD_ARGS");

const LINES: [string, string[]][] = [
  ["", []],
  ["  \t\n ", []],
  ["-w 4  --bind\t:80\n", ["-w", "4", "--bind", ":80"]],
  ["--log-file 'a b'", ["--log-file", "a b"]],
  ["--log-file='a b'c", ["--log-file=a bc"]],
  ['--access-logformat "%(h)s \\"%(r)s\\""', ["--access-logformat", '%(h)s "%(r)s"']],
  ['"a\\nb" "a\\\\b" "\\$x"', ["a\\nb", "a\\b", "$x"]],
  ["'a\\b'", ["a\\b"]],
  ["a\\ b \\'c", ["a b", "'c"]],
  ["'' \"\" x", ["", "", "x"]],
  ["$HOME *", ["$HOME", "*"]],
];

describe("shellSplit", () => {
  it.each(LINES)("splits %j", (line, words) => {
    expect(split(line)).toEqual(words);
  });

  it.each([
    ["a 'b", /JUNICORN_CMD_ARGS: the quote ' at column 3 is not closed/],
    ['"b\\"', /the quote " at column 1 is not closed/],
    ["a\\", /ends in a backslash/],
  ])("refuses %j", (line, message) => {
    expect(() => split(line)).toThrow(message);
  });

  it("gives any words back that were quoted for a shell", () => {
    const single = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
    const double = (word: string): string => `"${word.replaceAll(/["\\$`]/g, "\\$&")}"`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.boolean(), (words, useSingle) => {
        expect(split(words.map(useSingle ? single : double).join(" "))).toEqual(words);
      }),
    );
  });
});
