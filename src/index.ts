/** What `import … from "junicorn"` gives to applications and to config files. */

export { wsgi, type WsgiAppOptions } from "./adapters/wsgi/mark.ts";
export type { WsgiInput } from "./adapters/wsgi/input.ts";
export type {
  Bytes,
  StartResponse,
  WsgiApp,
  WsgiEnviron,
  WsgiErrors,
  WsgiHeaders,
  WsgiResult,
  Write,
} from "./adapters/wsgi/types.ts";
export { defineConfig, type ConfigExport } from "./config/define-config.ts";
export type { WebSocketExport } from "./websocket/hooks.ts";
export type {
  HookRequest,
  HookResponse,
  HookServer,
  HookWorker,
  Settings,
  UserConfig,
} from "./config/settings/index.ts";
