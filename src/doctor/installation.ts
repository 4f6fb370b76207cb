/** Checks of Junicorn itself: Node, the addon, uWebSockets.js, and the application that it is to serve. */

import { beyondUws } from "../engines/choose.ts";
import { loadUws } from "../engines/uws/binding.ts";
import { checkApp } from "../master/check-app.ts";
import { native } from "../native.ts";
import { speaksTls } from "../tls/material.ts";
import { fail, ok, type Result, type Subject, warn } from "./finding.ts";

export function checkNode({ machine: { platform } }: Subject): Result[] {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= LEAST_NODE) return [ok(platform)];
  return [fail(`${platform}: Junicorn needs Node ${LEAST_NODE} or newer`, `install Node ${LEAST_NODE} or newer`)];
}

export function checkAddon(): Result[] {
  try {
    native();
    return [ok("the native addon loads")];
  } catch (error) {
    return [fail((error as Error).message, "one of the two; docs/dependencies.md says more of build:native")];
  }
}

export function checkUws({ settings, machine }: Subject): Result[] {
  const { workerClass, httpEngine, keepAlive } = settings;
  if (workerClass === "sync" || workerClass === "gthread")
    return [ok(`the ${workerClass} class does not use uWebSockets.js`)];
  if (httpEngine === "llhttp") return [ok("http_engine is llhttp: uWebSockets.js is not used")];
  const insists = httpEngine === "uws";
  const tls = speaksTls(settings);
  if (tls && !insists) return [ok("everything is served on llhttp, which is what auto means with TLS (docs/tls.md)")];
  const wishes = {
    clientCertificates: settings.certReqs,
    ciphers: settings.ciphers,
    hooked: settings.sslContext !== null,
    http2Alone: !settings.httpProtocols.includes("h1"),
  };
  const wish = beyondUws({
    keepAliveMs: keepAlive * 1000,
    limits: { fields: settings.limitRequestFields },
    tls: tls ? wishes : null,
  });
  // The settings have reasons of their own, and llhttp serves as well.
  if (wish !== null && !insists) return [ok(`everything is served on llhttp: ${wish}`)];
  if (wish !== null) return [fail(`http_engine is uws, but ${wish}`, "--http-engine auto, or change that setting")];
  const loaded = loadUws(HEAD_BYTES);
  if (typeof loaded !== "string") return [ok("uWebSockets.js loads")];
  const fix = `npm install without --omit=optional, on ${machine.platform.includes("glibc 2") ? "this machine" : "an image with glibc (Debian's; Alpine has musl)"}; its binaries are for Node 20 to 23, and with glibc 2.38 or newer for Node 24 and 26 (docs/engines.md). --http-engine llhttp leaves it out`;
  if (insists) return [fail(`http_engine is uws, but uWebSockets.js does not load: ${loaded}`, fix)];
  return [warn(`uWebSockets.js does not load, and llhttp serves everything, somewhat slower: ${loaded}`, fix)];
}

/** The addon is what a worker needs first: without it there is nothing to try. */
export async function checkApplication({ settings }: Subject): Promise<Result[]> {
  if (settings.app === "") return [ok("no application is named; junicorn doctor MODULE[:EXPORT] also loads it")];
  if (checkAddon().some(({ level }) => level === "fail")) return [];
  const { exit, problem, description } = await checkApp(settings, { output: "stderr" });
  if (exit === 0) return [ok(description ?? `${settings.app} loads`)];
  return [
    fail(
      problem ?? `the application cannot be loaded (status ${exit})`,
      `the module as seen from ${settings.chdir} (--chdir), and what it needs to start: its variables, its packages`,
    ),
  ];
}

// --- internal ---

const LEAST_NODE = 20;

/** Any will do: nothing is served. */
const HEAD_BYTES = 8192;
