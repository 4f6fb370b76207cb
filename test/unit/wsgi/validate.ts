/** PEP 3333's rules as tables: what a server must put into environ, and how it must treat the application and its iterable. */

import type { StartResponse, WsgiApp, WsgiEnviron } from "../../../src/adapters/wsgi/types.ts";

interface Rule {
  readonly rule: string;
  readonly broken: (environ: WsgiEnviron) => boolean;
}

const CGI_KEYS = [
  "REQUEST_METHOD",
  "SCRIPT_NAME",
  "PATH_INFO",
  "QUERY_STRING",
  "SERVER_NAME",
  "SERVER_PORT",
  "SERVER_PROTOCOL",
];
const WSGI_KEYS = ["version", "url_scheme", "input", "errors", "multithread", "multiprocess", "run_once"];

const isText = (value: unknown): boolean => typeof value === "string";
const hasMethods = (value: unknown, ...names: string[]): boolean =>
  names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");

/** Each is broken for no request. */
export const ENVIRON_RULES: readonly Rule[] = [
  { rule: "environ is a plain object", broken: (environ) => Object.getPrototypeOf(environ) !== Object.prototype },
  ...CGI_KEYS.map((key): Rule => ({ rule: `${key} is there`, broken: (environ) => !Object.hasOwn(environ, key) })),
  ...WSGI_KEYS.map((key): Rule => ({
    rule: `wsgi.${key} is there`,
    broken: (environ) => !Object.hasOwn(environ, `wsgi.${key}`),
  })),
  {
    rule: "Content-Type and Content-Length have no HTTP_ variable",
    broken: (environ) => "HTTP_CONTENT_TYPE" in environ || "HTTP_CONTENT_LENGTH" in environ,
  },
  {
    rule: "every variable without a dot is a string",
    broken: (environ) => Object.keys(environ).some((key) => !key.includes(".") && !isText(environ[key])),
  },
  {
    rule: "strings are latin-1: each character is a byte",
    broken: (environ) => Object.values(environ).some((value) => typeof value === "string" && /[^\0-\xff]/.test(value)),
  },
  { rule: "wsgi.version is [1, 0]", broken: (environ) => JSON.stringify(environ["wsgi.version"]) !== "[1,0]" },
  {
    rule: "wsgi.url_scheme is http or https",
    broken: (environ) => !["http", "https"].includes(environ["wsgi.url_scheme"]),
  },
  {
    rule: "wsgi.input can be read",
    broken: (environ) =>
      !hasMethods(environ["wsgi.input"], "read", "readline", "readlines") ||
      !(Symbol.iterator in environ["wsgi.input"]),
  },
  {
    rule: "wsgi.errors can be written",
    broken: (environ) => !hasMethods(environ["wsgi.errors"], "flush", "write", "writelines"),
  },
  {
    rule: "the flags are booleans",
    broken: (environ) =>
      ["multithread", "multiprocess", "run_once"].some((key) => typeof environ[`wsgi.${key}`] !== "boolean"),
  },
  {
    rule: "REQUEST_METHOD is a token",
    broken: (environ) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(environ.REQUEST_METHOD),
  },
  {
    rule: "SCRIPT_NAME is empty or begins with a slash",
    broken: ({ SCRIPT_NAME: name }) => name !== "" && !name.startsWith("/"),
  },
  { rule: "SCRIPT_NAME is not a lone slash", broken: (environ) => environ.SCRIPT_NAME === "/" },
  {
    rule: "PATH_INFO is empty, an asterisk, or begins with a slash",
    broken: ({ PATH_INFO: path }) => path !== "" && path !== "*" && !path.startsWith("/"),
  },
  {
    rule: "CONTENT_LENGTH is a number",
    broken: ({ CONTENT_LENGTH: length }) => length !== undefined && !/^\d+$/.test(length),
  },
  {
    rule: "SERVER_PORT is a number, SERVER_NAME is not empty",
    broken: (environ) => !/^\d+$/.test(environ.SERVER_PORT) || environ.SERVER_NAME === "",
  },
  { rule: "wsgi.file_wrapper can be called", broken: (environ) => typeof environ["wsgi.file_wrapper"] !== "function" },
];

/** What a validated application saw of its server, in order; `breaches` are rules of PEP 3333 that were broken. */
export interface Report {
  readonly breaches: string[];
  readonly events: string[];
}

/** Wraps an application: checks its environ, and watches what the server does with the iterable. */
export function validated(
  app: (environ: WsgiEnviron, start: StartResponse) => Iterable<Uint8Array | string>,
  report: Report,
): WsgiApp {
  return (environ, start, ...more: unknown[]) => {
    const { breaches, events } = report;
    if (more.length > 0) breaches.push("the application is called with two arguments");
    if (typeof start !== "function") breaches.push("startResponse is a function");
    for (const { rule, broken } of ENVIRON_RULES) if (broken(environ)) breaches.push(rule);
    const watchedStart: StartResponse = (...args) => {
      const write = start(...args);
      if (typeof write !== "function") breaches.push("startResponse returns write()");
      return write;
    };
    const iterator = app(environ, watchedStart)[Symbol.iterator]();
    let iterated = false;
    let closed = false;
    let exhausted = false;
    return {
      [Symbol.iterator]() {
        if (iterated) breaches.push("the iterable is iterated once");
        iterated = true;
        return {
          next: () => {
            if (closed) breaches.push("next() is not called after close()");
            if (exhausted) breaches.push("next() is not called after the end");
            const step = iterator.next();
            exhausted = step.done === true;
            events.push(exhausted ? "end" : "piece");
            return step;
          },
          return: () => {
            if (exhausted) breaches.push("return() is not called after the end");
            events.push("return");
            return iterator.return?.() ?? { done: true, value: undefined };
          },
        };
      },
      close() {
        if (closed) breaches.push("close() is called once");
        closed = true;
        events.push("close");
      },
    } as Iterable<string>;
  };
}
