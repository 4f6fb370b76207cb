/** The table of all settings, and the types made from it. To add a setting, add a row to its section's file. */

import type { GivenOf, Setting, SettingType, ValueOf } from "../setting.ts";
import { app } from "./app.ts";
import { config } from "./config.ts";
import { control } from "./control.ts";
import { development } from "./development.ts";
import { headers } from "./headers.ts";
import { http2 } from "./http2.ts";
import { hooks } from "./hooks.ts";
import { limits } from "./limits.ts";
import { logging } from "./logging.ts";
import { metrics } from "./metrics.ts";
import { mechanics } from "./mechanics.ts";
import { proxies } from "./proxies.ts";
import { recycling } from "./recycling.ts";
import { serverProcess } from "./server-process.ts";
import { serverSocket } from "./server-socket.ts";
import { tls } from "./tls.ts";
import { webSockets } from "./websockets.ts";
import { workerProcesses } from "./worker-processes.ts";

export type * from "../hook-types.ts";

/** Sections in the order of `--help` and of the reference. */
export const SECTIONS = [
  config,
  app,
  serverSocket,
  workerProcesses,
  recycling,
  limits,
  headers,
  proxies,
  tls,
  http2,
  webSockets,
  serverProcess,
  mechanics,
  control,
  development,
  hooks,
  logging,
  metrics,
] as const;

/** A row, whatever its type. */
export type AnySetting = Setting<SettingType<unknown, unknown>>;
export type SettingName = keyof Settings;

/** Every row by its name. */
export const SETTINGS: ReadonlyMap<SettingName, AnySetting> = new Map(
  SECTIONS.flatMap((section) => Object.entries(section.settings) as [SettingName, AnySetting][]),
);

type Rows = UnionToIntersection<(typeof SECTIONS)[number]["settings"]>;
type TypeOf<Row> = Row extends { readonly type: infer Type } ? Type : never;

/** All settings, resolved and frozen. */
export type Settings = Flatten<{ readonly [Name in keyof Rows]: ValueOf<TypeOf<Rows[Name]>> }>;

/** What a config file may say: any of the settings, under their names here or as Gunicorn spells them (`worker_class`). */
export type UserConfig = Flatten<
  { readonly [Name in FileName]?: GivenOf<TypeOf<Rows[Name]>> | undefined } & {
    readonly [Name in FileName as SnakeCase<Name>]?: GivenOf<TypeOf<Rows[Name]>> | undefined;
  } & { readonly [Name in FileName as GunicornName<Rows[Name]>]?: GivenOf<TypeOf<Rows[Name]>> | undefined }
>;

// --- internal ---

type FileName = { [Name in keyof Rows]: Rows[Name] extends { readonly cliOnly: true } ? never : Name }[keyof Rows];
type GunicornName<Row> = Row extends { readonly gunicorn: infer Name extends string } ? Name : never;
type SnakeCase<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeCase<Tail>}`
  : Name;
type UnionToIntersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;
type Flatten<Type> = { [Key in keyof Type]: Type[Key] };
