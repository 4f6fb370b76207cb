/** The options that say what an application is asked, and how hard. */

import type { Command } from "commander";

import { JunicornError } from "../../base/errors.ts";
import type { Driver } from "../../measure/load/options.ts";
import { TUNED_CLASSES, type TunedClass } from "../../tune/candidate.ts";
import type { RequestChoice } from "./requests.ts";

export interface TrafficChoice extends RequestChoice {
  readonly connections: readonly number[];
  readonly rate?: number;
  readonly seconds?: number;
  readonly driver: Driver;
}

/** `several`: whether more than one number of connections makes sense. */
export function trafficOptions(command: Command, { several }: { readonly several: boolean }): Command {
  const connections = several ? "Connections of the load; several with commas between" : "Connections of the load";
  return command
    .option("--path <PATH>", "Path to ask for; may be repeated, with a weight as 19:/list [/]", collect)
    .option("--method <METHOD>", "Method of the requests [GET, or POST with a body]", methodName)
    .option("--header <FIELD>", "Header field, as NAME: VALUE; may be repeated", collect)
    .option("--body <TEXT>", "Body of the requests, or @FILE")
    .option("--script <FILE>", "Module that exports a list of requests, or a function that gives one")
    .option(
      `--connections <${several ? "LIST" : "N"}>`,
      `${connections} [64]`,
      several ? integers("--connections") : one,
    )
    .option("--rate <N>", "Requests per second to send, instead of as many as are answered", positiveNumber("--rate"))
    .option("--seconds <N>", "Length of one run [1, more if requests are slow]", positiveNumber("--seconds"))
    .option("--driver <NAME>", "Who asks: autocannon, or wrk, which gets further [autocannon]", driverName);
}

/** What was typed, with the defaults. */
export function readTraffic(typed: Partial<TrafficChoice>): TrafficChoice {
  const { driver, rate } = typed;
  if (rate !== undefined && driver !== undefined)
    throw new JunicornError("ERR_USAGE", {
      problem: "--rate has a client of its own, so --driver cannot stand beside it",
    });
  return {
    ...typed,
    connections: typed.connections ?? [64],
    driver: rate === undefined ? (driver ?? "autocannon") : "paced",
  };
}

/** Of the option `name`: "1,2,4". */
export function integers(name: string): (text: string) => number[] {
  return (text) =>
    text.split(",").map((part) => {
      if (/^\d{1,6}$/.test(part.trim()) && Number(part) > 0) return Number(part);
      throw invalid(name, text, "expected integers of at least 1, with commas between");
    });
}

export function positiveNumber(name: string): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
    throw invalid(name, text, "expected a number over 0");
  };
}

export function invalid(source: string, value: string, allowed: string): JunicornError {
  return new JunicornError("ERR_OPTION_VALUE", { source, value: JSON.stringify(value), allowed });
}

/** An option that is a list of worker classes. */
export function classes(text: string): TunedClass[] {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !(TUNED_CLASSES as readonly string[]).includes(name));
  if (unknown === undefined) return TUNED_CLASSES.filter((name) => names.includes(name));
  throw invalid("--classes", text, `expected some of ${TUNED_CLASSES.join(", ")}, with commas between`);
}

// --- internal ---

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function one(text: string): number[] {
  const [number, ...more] = integers("--connections")(text);
  if (number === undefined || more.length > 0)
    throw invalid("--connections", text, "expected an integer of at least 1");
  return [number];
}

function methodName(text: string): string {
  if (/^[A-Z]+$/.test(text.toUpperCase())) return text.toUpperCase();
  throw invalid("--method", text, "expected a method, such as POST");
}

function driverName(text: string): Driver {
  if (text === "autocannon" || text === "wrk") return text;
  throw invalid("--driver", text, "expected autocannon or wrk");
}
