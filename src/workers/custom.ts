/** Worker classes of users: the class that `--worker-class` names by the path of its module, or by its package. */

import { explainFailure } from "../app/explain.ts";
import { resolveModule } from "../app/resolve.ts";
import { importModule, type ModuleExports } from "../app/run-module.ts";
import { JunicornError } from "../base/errors.ts";
import type { ThreadsHost, WorkerClass, WorkerClassEntry } from "./worker-class.ts";

/** Throws `ERR_WORKER_BOOT`, which says what is wrong with the module or its export. `spec` is `MODULE` or `MODULE:EXPORT`. */
export async function loadWorkerClass(spec: string): Promise<WorkerClassEntry> {
  const { module, name } = parse(spec);
  let exports: ModuleExports;
  try {
    const file = resolveModule(module, process.cwd(), `the worker class "${module}"`);
    exports = await importModule(file).catch(async (error: unknown) => {
      throw await explainFailure(error, `"${module}" failed while loading`, file);
    });
  } catch (error) {
    throw failure(spec, (error as Error).message);
  }
  if (!exports.names.includes(name)) {
    const others = exports.names.map((one) => `"${one}"`).join(", ");
    const there = others === "" ? "it exports nothing" : `it exports ${others} (another is chosen by ${module}:NAME)`;
    throw failure(spec, `"${module}" has no export "${name}"; ${there}`);
  }
  const found = exports.get(name);
  const problem = problemOf(found);
  if (problem !== null) {
    throw failure(
      spec,
      `the export "${name}" of "${module}" ${problem}; expected a class that extends BaseWorker of "junicorn/worker"`,
    );
  }
  const Custom = found as CustomClass;
  return {
    create: (host) => new Custom(host),
    threads: false,
    ...(Custom.webSockets === true && { webSockets: true as const }),
  };
}

// --- internal ---

interface CustomClass {
  new (host: ThreadsHost): WorkerClass;
  readonly webSockets?: unknown;
}

/** What a worker calls of its class. */
const METHODS = ["start", "announce", "drain", "blame", "destroy"] as const;

function parse(spec: string): { module: string; name: string } {
  const found = /^(?<module>.+?):(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)$/su.exec(spec)?.groups;
  return found === undefined ? { module: spec, name: "default" } : { module: found["module"]!, name: found["name"]! };
}

function problemOf(found: unknown): string | null {
  const prototype = typeof found === "function" ? (found.prototype as unknown) : undefined;
  if (typeof prototype !== "object" || prototype === null)
    return `is ${found === null ? "null" : typeof found === "function" ? "a function" : `of type ${typeof found}`}, and no class`;
  const missing = METHODS.filter((method) => typeof (prototype as Record<string, unknown>)[method] !== "function");
  return missing.length === 0 ? null : `is a class without ${missing.map((method) => `${method}()`).join(", ")}`;
}

function failure(spec: string, problem: string): JunicornError {
  return new JunicornError("ERR_WORKER_BOOT", { problem: `--worker-class ${spec}: ${problem}` });
}
