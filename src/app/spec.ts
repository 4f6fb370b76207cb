/** Reads `MODULE[:EXPORT]` and `MODULE:EXPORT(arguments)`. */

import { JunicornError } from "../base/errors.ts";
import { parseLiterals } from "./literals.ts";

export interface AppSpec {
  /** As typed, for messages. */
  readonly text: string;
  readonly module: string;
  /** Null: the first of the usual names that is an application. */
  readonly exportName: string | null;
  /** Arguments of the factory call, or null where the export is the application itself. */
  readonly factoryArguments: readonly unknown[] | null;
}

const EXPORT = /^(?<module>.+?):(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\((?<call>.*)\))?$/su;

/** Throws ERR_APP_LOAD for what cannot be read. Whether the module exists is not looked at. */
export function parseSpec(text: string): AppSpec {
  const found = EXPORT.exec(text)?.groups;
  if (found === undefined) {
    const colon = text.lastIndexOf(":");
    if (colon <= 0) return { text, module: text, exportName: null, factoryArguments: null };
    throw new JunicornError("ERR_APP_LOAD", {
      problem: `cannot read the application "${text}": after the colon comes the name of an export, or a call like create_app("production") with literal arguments`,
    });
  }
  const { module = "", name = "", call } = found;
  if (call === undefined) return { text, module, exportName: name, factoryArguments: null };
  const factoryArguments = parseLiterals(call);
  if (factoryArguments === null) {
    throw new JunicornError("ERR_APP_LOAD", {
      problem: `cannot read the arguments in "${text}": only literals can be given (strings, numbers, true, false, null, lists and objects of them)`,
    });
  }
  return { text, module, exportName: name, factoryArguments };
}
