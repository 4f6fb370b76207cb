/** Finds the application among a module's exports. */

import { JunicornError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { describe, detect, detectAs, type Detected, type InterfaceName } from "./detect.ts";
import type { ModuleExports } from "./run-module.ts";
import type { AppSpec } from "./spec.ts";

/** Looked at in this order when no export was named. */
export const USUAL_NAMES: readonly string[] = ["default", "app", "application", "handler", "server"];

export type WantedInterface = InterfaceName | "auto";

/** The application that `spec` names. Throws ERR_APP_LOAD if it is not there, or is none. */
export async function namedApp(exports: ModuleExports, spec: AppSpec, wanted: WantedInterface): Promise<Detected> {
  const name = spec.exportName!;
  if (!exports.names.includes(name)) throw failure(missing(exports, spec, name));
  let value = exports.get(name);
  if (spec.factoryArguments !== null) value = await callFactory(value, spec, name);
  value = await settled(value, spec);
  const label = spec.factoryArguments === null ? `export "${name}"` : `value that ${name}() returned`;
  return (await recognise(value, wanted)) ?? fail(spec, label, value, wanted);
}

/** The first of the usual exports that is an application, or null if none is. */
export async function usualApp(
  exports: ModuleExports,
  spec: AppSpec,
  wanted: WantedInterface,
): Promise<Detected | null> {
  for (const name of USUAL_NAMES) {
    if (!exports.names.includes(name)) continue;
    const found = await recognise(await settled(exports.get(name), spec), wanted);
    if (found !== null) return found;
  }
  return null;
}

/** Why none of the exports is the application. */
export async function noUsualApp(
  exports: ModuleExports,
  spec: AppSpec,
  wanted: WantedInterface,
  waited: string,
): Promise<JunicornError> {
  const name = USUAL_NAMES.find((usual) => exports.names.includes(usual));
  const waiting = `no HTTP server of it has called listen()${waited}`;
  if (exports.names.length === 0) {
    return failure(`"${spec.module}" exports no application, and ${waiting}`);
  }
  if (name === undefined) {
    const names = exports.names.map((one) => `"${one}"`).join(", ");
    return failure(
      `"${spec.module}" exports ${names}, but none of ${USUAL_NAMES.join(", ")}, and ${waiting}. Name the export: ${spec.module}:${exports.names[0]}`,
    );
  }
  const value = await settled(exports.get(name), spec);
  return failure(`${notAnApp(spec, `export "${name}"`, value, wanted, await detect(value))}. And ${waiting}`);
}

// --- internal ---

async function recognise(value: unknown, wanted: WantedInterface): Promise<Detected | null> {
  return wanted === "auto" ? await detect(value) : await detectAs(value, wanted);
}

/** An application may be exported as a promise. */
async function settled(value: unknown, spec: AppSpec): Promise<unknown> {
  try {
    return value instanceof Promise ? await value : value;
  } catch (error) {
    throw await explained(error, `the promise exported by "${spec.module}" was rejected`);
  }
}

async function callFactory(value: unknown, spec: AppSpec, name: string): Promise<unknown> {
  if (typeof value !== "function") {
    throw failure(
      `"${spec.module}": export "${name}" cannot be called, it is ${describe(value)}. Write ${spec.module}:${name} for the export itself`,
    );
  }
  try {
    return await (value as (...args: readonly unknown[]) => unknown)(...spec.factoryArguments!);
  } catch (error) {
    throw await explained(error, `the factory ${name}() of "${spec.module}" failed`);
  }
}

/** Loaded only when something has failed: who starts well does not wait for it. */
async function explained(error: unknown, what: string): Promise<JunicornError> {
  const { explainFailure } = await import("./explain.ts");
  return await explainFailure(error, what);
}

function missing(exports: ModuleExports, spec: AppSpec, name: string): string {
  if (exports.names.length === 0) return `"${spec.module}" has no export "${name}": it exports nothing`;
  const close = nearest(name, exports.names);
  const hint = close === undefined ? "" : `. Did you mean "${close}"?`;
  return `"${spec.module}" has no export "${name}". It exports: ${exports.names.join(", ")}${hint}`;
}

async function fail(spec: AppSpec, label: string, value: unknown, wanted: WantedInterface): Promise<never> {
  throw failure(notAnApp(spec, label, value, wanted, await detect(value)));
}

function notAnApp(
  spec: AppSpec,
  label: string,
  value: unknown,
  wanted: WantedInterface,
  found: Detected | null,
): string {
  const what = `"${spec.module}": the ${label} is ${found?.description ?? describe(value)}`;
  if (wanted !== "auto" && found !== null) {
    return `${what}, which is the ${found.interface} interface, but the setting interface says ${wanted}. Leave the setting at auto, or name another export`;
  }
  return `${what}, which is no application: ${EXPECTED[wanted]}`;
}

const EXPECTED: Readonly<Record<WantedInterface, string>> = {
  auto: "expected a function (request) or (req, res), an object with a fetch method, a server, or an app of a known framework",
  fetch: "the fetch interface takes a function (request) or an object with a fetch method",
  node: "the node interface takes a function (req, res), an http.Server, or an app of a known framework",
  wsgi: "the wsgi interface takes a function (environ, startResponse)",
};

function failure(problem: string): JunicornError {
  return new JunicornError("ERR_APP_LOAD", { problem });
}
