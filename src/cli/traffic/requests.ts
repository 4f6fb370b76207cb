/** What is asked of an application that is measured: from options, or from a script. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { JunicornError } from "../../base/errors.ts";
import { loadDefaultExport } from "../../config/file/load.ts";
import type { LoadRequest } from "../../measure/load/options.ts";

export interface RequestChoice {
  readonly path?: readonly string[];
  readonly method?: string;
  readonly header?: readonly string[];
  readonly body?: string;
  readonly script?: string;
}

/** A request and how often it comes beside the others. */
export interface Weighted {
  readonly request: LoadRequest;
  readonly weight: number;
}

/** `cwd` is what paths of files are relative to. Throws ERR_USAGE, ERR_OPTION_VALUE or ERR_CONFIG_FILE. */
export async function chosenRequests(choice: RequestChoice, cwd: string): Promise<readonly Weighted[]> {
  const { script, path = [], method, header = [], body } = choice;
  if (script === undefined) {
    const request = { method: method ?? (body === undefined ? "GET" : "POST"), headers: headersOf(header) };
    const content = body === undefined ? undefined : bodyOf(body, cwd);
    return (path.length === 0 ? ["/"] : path).map((text) => {
      const { path, weight } = weightedPath(text);
      return { request: { ...request, path, body: content }, weight };
    });
  }
  const others = { "--path": path.length > 0, "--method": method, "--header": header.length > 0, "--body": body };
  const [other] = Object.entries(others).find(([, given]) => given !== undefined && given !== false) ?? [];
  if (other !== undefined) throw usage(`--script says all about the requests, so ${other} cannot stand beside it`);
  return await scriptRequests(resolve(cwd, script));
}

/** One turn of all of them, each as often as it weighs, and spread evenly. */
export function turnOf(requests: readonly Weighted[]): LoadRequest[] {
  const divisor = requests.map(({ weight }) => weight).reduce(greatestCommonDivisor);
  const credits = requests.map(({ request, weight }) => ({ request, weight: weight / divisor, credit: 0 }));
  const total = credits.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: total }, () => {
    for (const entry of credits) entry.credit += entry.weight;
    const next = credits.reduce((best, entry) => (entry.credit > best.credit ? entry : best));
    next.credit -= total;
    return next.request;
  });
}

/** "GET /x". */
export function lineOf({ method, path }: LoadRequest): string {
  return `${method} ${path}`;
}

// --- internal ---

const MOST_REQUESTS = 1000;
const MOST_WEIGHT = 1000;

function weightedPath(text: string): { path: string; weight: number } {
  const [, weight = "1", path = ""] = /^(?:(\d+):)?(\/[\x21-\x7e]*)$/.exec(text) ?? [];
  if (path === "" || !isWeight(Number(weight))) {
    const allowed = `expected a path that begins with /, and before it perhaps a weight of 1 to ${MOST_WEIGHT}: 19:/list`;
    throw new JunicornError("ERR_OPTION_VALUE", { source: "--path", value: JSON.stringify(text), allowed });
  }
  return { path, weight: Number(weight) };
}

function headersOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*)$/.exec(text) ?? [];
      if (name !== "") return [name, value];
      const allowed = "expected NAME: VALUE";
      throw new JunicornError("ERR_OPTION_VALUE", { source: "--header", value: JSON.stringify(text), allowed });
    }),
  );
}

/** As it is typed, or what is in the file after an @. */
function bodyOf(text: string, cwd: string): string {
  if (!text.startsWith("@")) return text;
  try {
    return readFileSync(resolve(cwd, text.slice(1)), "utf8");
  } catch (error) {
    const allowed = `the file cannot be read: ${(error as Error).message}`;
    throw new JunicornError("ERR_OPTION_VALUE", { source: "--body", value: JSON.stringify(text), allowed });
  }
}

async function scriptRequests(file: string): Promise<Weighted[]> {
  const problem = (text: string): JunicornError => new JunicornError("ERR_CONFIG_FILE", { file, problem: text });
  const given = await loadDefaultExport(file);
  const list = await listOf(given);
  if (list === null) throw problem("its default export is no list of requests, and no function that gives one");
  if (list.length === 0) throw problem("its list of requests is empty");
  if (list.length > MOST_REQUESTS) throw problem(`it gives more than ${MOST_REQUESTS} requests`);
  return list.map((item, index) => {
    const read = readRequest(item);
    if (typeof read === "string") throw problem(`request ${index + 1}: ${read}`);
    return read;
  });
}

/** Of an array, or of what a generator yields; null for anything else. */
async function listOf(given: unknown): Promise<unknown[] | null> {
  if (Array.isArray(given)) return given;
  if (typeof given !== "object" || given === null) return null;
  if (!(Symbol.iterator in given) && !(Symbol.asyncIterator in given)) return null;
  const list: unknown[] = [];
  for await (const item of given as AsyncIterable<unknown>) {
    list.push(item);
    if (list.length > MOST_REQUESTS) break;
  }
  return list;
}

/** The request, or what is wrong with it. */
function readRequest(item: unknown): Weighted | string {
  const given = typeof item === "string" ? { path: item } : item;
  if (typeof given !== "object" || given === null) return "expected a path, or an object with one";
  const { path, method, headers = {}, body, weight = 1, ...rest } = given as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return `there is no ${unknown}: it takes path, method, headers, body and weight`;
  if (typeof path !== "string" || !/^\/[\x21-\x7e]*$/.test(path)) return "path: expected a text that begins with /";
  if (method !== undefined && (typeof method !== "string" || !/^[A-Z]+$/.test(method)))
    return "method: expected a method, such as POST";
  if (!isWeight(weight)) return `weight: expected an integer from 1 to ${MOST_WEIGHT}`;
  if (typeof headers !== "object" || headers === null) return "headers: expected an object of texts";
  const fields = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  if (fields.some(([name, value]) => !/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[\r\n\0]/.test(value)))
    return "headers: expected names and texts";
  const asJson = body !== undefined && typeof body !== "string";
  const typed = fields.some(([name]) => name.toLowerCase() === "content-type");
  return {
    request: {
      method: method ?? (body === undefined ? "GET" : "POST"),
      path,
      headers: { ...(asJson && !typed ? { "Content-Type": "application/json" } : {}), ...Object.fromEntries(fields) },
      body: asJson ? JSON.stringify(body) : body,
    },
    weight,
  };
}

function isWeight(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_WEIGHT;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function usage(problem: string): JunicornError {
  return new JunicornError("ERR_USAGE", { problem });
}
