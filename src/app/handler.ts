/** From a loaded application to what an exchange is handed to. The adapters that are not needed are never loaded. */

import type { RequestListener, Server } from "node:http";
import type { AdapterOptions } from "../adapters/options.ts";
import type { AppHandler } from "../http/exchange.ts";
import type { InterfaceName } from "./detect.ts";
import type { LoadedApp } from "./load.ts";

type Maker = (app: unknown, options: AdapterOptions) => AppHandler;

const ADAPTERS: Readonly<Record<InterfaceName, () => Promise<Maker>>> = {
  fetch: async () => (await import("../adapters/fetch/index.ts")).createFetchHandler as Maker,
  node: async () => {
    const { createNodeHandler } = await import("../adapters/node/index.ts");
    return (app, options) => createNodeHandler(app as RequestListener | Server, options);
  },
  wsgi: async () => (await import("../adapters/wsgi/index.ts")).createWsgiHandler as Maker,
};

/** Makes the handler that answers exchanges with `loaded`. */
export async function createHandler(loaded: LoadedApp, options: AdapterOptions): Promise<AppHandler> {
  const make = await ADAPTERS[loaded.interface]();
  return make(loaded.app, options);
}
