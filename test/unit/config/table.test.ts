/** What every row of the table must keep, so that adding one is enough. */

import { describe, expect, expectTypeOf, it } from "vitest";
import { settingsReference } from "../../../scripts/settings-reference.ts";
import { flagsOf, isSwitch } from "../../../src/config/argv/program.ts";
import { defineConfig } from "../../../src/config/define-config.ts";
import { SECTIONS, SETTINGS, type Settings, type UserConfig } from "../../../src/config/settings/index.ts";
import { fileNames } from "../../../src/config/sources.ts";

const ROW_KEYS = [
  "type",
  "default",
  "flags",
  "restart",
  "gunicorn",
  "bare",
  "variable",
  "secret",
  "cliOnly",
  "positional",
  "summary",
  "text",
];

describe.each([...SETTINGS])("%s", (name, row) => {
  it("has only the fields a row has", () => {
    expect(ROW_KEYS).toEqual(expect.arrayContaining(Object.keys(row)));
  });

  it("has a camelCase name and, where it has options, a long one", () => {
    expect(name).toMatch(/^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$/);
    for (const flag of flagsOf(row)) expect(flag).toMatch(/^(-[a-zA-Z]|--[a-z0-9]+(-[a-z0-9]+)*)$/);
    if (row.flags !== undefined) expect(row.flags).toContain("--");
  });

  it("has a summary of one line and a text of sentences", () => {
    expect(row.summary).toMatch(/^[^\n]*[^.\n]$/);
    expect(row.text.trim()).toMatch(/[.|]$/);
  });

  it("accepts its own default in a config file", () => {
    if (row.default !== "" && row.default !== undefined) expect(row.type.fromValue(row.default)).toEqual(row.default);
  });
});

describe("the table", () => {
  it("gives no option, name or variable twice", () => {
    const all = [...SETTINGS].flatMap(([name, row]) => [
      ...flagsOf(row),
      ...(isSwitch(row)
        ? flagsOf(row)
            .filter((flag) => flag.startsWith("--"))
            .map((flag) => flag.replace("--", "--no-"))
        : []),
      ...fileNames(name),
      ...(row.variable === undefined ? [] : [row.variable.name]),
    ]);
    expect(all).toEqual([...new Set(all)]);
    expect(all).not.toEqual(expect.arrayContaining(["--help"]));
  });

  it("has every name in one section only", () => {
    expect(SECTIONS.flatMap(({ settings }) => Object.keys(settings))).toEqual([...SETTINGS.keys()]);
  });

  it("gives the reference one heading a setting, and no two the same", () => {
    const headings = [...settingsReference().matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => text.toLowerCase());
    expect(headings).toEqual([...new Set(headings)]);
    expect(headings).toEqual(expect.arrayContaining([...SETTINGS.keys()].map((name) => name.toLowerCase())));
  });
});

describe("the types made of the table", () => {
  it("says what the program sees", () => {
    expectTypeOf<Settings["workers"]>().toEqualTypeOf<number>();
    expectTypeOf<Settings["bind"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<Settings["accessLogfile"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Settings["headerMap"]>().toEqualTypeOf<"drop" | "refuse" | "dangerous">();
  });

  it("says what a config file may say, in either spelling", () => {
    expectTypeOf<UserConfig["workers"]>().toEqualTypeOf<number | "auto" | undefined>();
    expectTypeOf<UserConfig["bind"]>().toEqualTypeOf<string | readonly string[] | undefined>();
    expectTypeOf<UserConfig>().toHaveProperty("worker_class");
    expectTypeOf<UserConfig>().toHaveProperty("keepalive");
    expectTypeOf<UserConfig>().not.toHaveProperty("config");
    expectTypeOf<UserConfig>().not.toHaveProperty("checkConfig");
  });

  it("tells hooks what they are given, in either spelling", () => {
    defineConfig({
      preRequest(worker, request) {
        expectTypeOf(worker.age).toEqualTypeOf<number>();
        expectTypeOf(request.path).toEqualTypeOf<string>();
      },
      when_ready: async (server) => Promise.resolve(expectTypeOf(server.settings).toEqualTypeOf<Settings>()),
    });
    // @ts-expect-error no function
    defineConfig({ onExit: "bye" });
  });

  it("checks what defineConfig is given and returns it", () => {
    const config = { workers: "auto", wsgi_app: "app.js" } as const;
    expect(defineConfig(config)).toBe(config);
    // @ts-expect-error a number of seconds
    defineConfig({ timeout: true });
    defineConfig(async () => Promise.resolve({ workers: 2 }));
  });
});
