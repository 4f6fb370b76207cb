/** The WebSocket hooks of an application: what they look like, and where they come from. */

import type { Hooks, ResolveHooks, WSOptions } from "crossws";
import type { LightRequest } from "../adapters/fetch/classes/request.ts";
import type { FetchApp } from "../adapters/fetch/index.ts";
import type { Exchange } from "../http/exchange.ts";

export type { FetchApp };

/** Hooks as an application writes them: any of crossws's. */
export type WebSocketHooks = Partial<Hooks>;

/** What an application may export as `websocket`: hooks, or `resolve`, which finds them for each request. */
export type WebSocketExport = WSOptions;

/** Several sets of hooks that are all called, in this order. */
export type HookSets = readonly WebSocketHooks[];

/**
 * Finds the hooks for a request. Null: this request is no matter of WebSockets, and is to be answered as any other. "answered": the application
 * was asked, and has answered it already. `request` is `light`, or made of it.
 */
export type FindHooks = (
  request: Request,
  exchange: Exchange,
  light: LightRequest,
) => HookSets | null | "answered" | Promise<HookSets | null | "answered">;

/** The same for every request, and what `resolve` finds besides. Null: there is nothing in it. */
export function findIn(exported: WebSocketExport): FindHooks | null {
  const own: HookSets = HOOK_NAMES.some((name) => typeof exported[name] === "function") ? [exported] : [];
  if (exported.resolve === undefined) return own.length === 0 ? null : () => own;
  return async (request) => {
    const found = await (exported as Resolver).resolve(request);
    if (found === undefined || found === null) return own.length === 0 ? null : own;
    return [...own, found];
  };
}

// --- internal ---

/** It may find nothing, whatever crossws's type says. */
interface Resolver {
  resolve(request: Request): ReturnType<ResolveHooks> | undefined | null;
}

const HOOK_NAMES = ["upgrade", "open", "message", "close", "error", "drain", "ping", "pong"] as const;
