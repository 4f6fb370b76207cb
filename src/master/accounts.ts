/** Who workers are to be: `--user` and `--group` as numbers, and the files that must then be theirs. */

import { closeSync, fchownSync, fstatSync } from "node:fs";
import { userInfo } from "node:os";

import { JunicornError } from "../base/errors.ts";
import { openLogFile } from "../base/open-log-file.ts";
import type { Settings } from "../config/settings/index.ts";
import type { WorkerIdentity } from "../ipc/protocol.ts";
import { native, type Account } from "../native.ts";

type Wanted = Pick<Settings, "user" | "group" | "initgroups">;

/** Null: workers stay what the master is. Throws `ERR_ACCOUNT` for accounts that do not exist, and where only root could become them. */
export function identityOf(settings: Wanted): WorkerIdentity | null {
  if (settings.user === null && settings.group === null) return null;
  const { user, uid, gid } = accountsOf(settings);
  if (process.geteuid!() !== 0) {
    if (uid === process.geteuid!() && gid === process.getegid!()) return null;
    const [setting, value] = settings.user === null ? ["--group", settings.group!] : ["--user", settings.user];
    throw refused(setting, value, `only root can run workers as somebody else, and this is ${whoWeAre()}`);
  }
  if (settings.initgroups && user?.name === "")
    throw refused("--user", settings.user!, "it is not in the user database, so --initgroups cannot find its groups");
  return { uid, gid, groupsOf: settings.initgroups && user !== null ? user.name : null };
}

/** Whom the settings name, whoever we are. Throws `ERR_ACCOUNT` for accounts that do not exist. */
export function accountsOf({ user: name, group }: Pick<Settings, "user" | "group">): {
  readonly user: Account | null;
  readonly uid: number;
  readonly gid: number;
} {
  const user = name === null ? null : userOf(name);
  const ownGroup = (): number => (user === null ? process.getegid!() : primaryGroup(user, name!));
  return { user, uid: user?.id ?? process.geteuid!(), gid: group === null ? ownGroup() : groupOf(group) };
}

/** Creates the log files, if they are not there, and gives them to the workers, who open them by themselves. Throws `ERR_LOG_FILE`. */
export function giveLogFiles(
  { errorLogfile, accessLogfile }: Pick<Settings, "errorLogfile" | "accessLogfile">,
  { uid, gid }: WorkerIdentity,
): void {
  const files = { "--error-logfile": errorLogfile, "--access-logfile": accessLogfile };
  for (const [option, file] of Object.entries(files)) if (file !== null && file !== "-") give(file, option, uid, gid);
}

// --- internal ---

function userOf(text: string): Account {
  const found = native().findUser(text);
  if (found !== null) return found;
  if (!/^\d+$/.test(text)) throw refused("--user", text, "there is no such user on this machine");
  return { name: "", id: Number(text), group: -1 };
}

function groupOf(text: string): number {
  const found = native().findGroup(text);
  if (found !== null) return found.id;
  if (!/^\d+$/.test(text)) throw refused("--group", text, "there is no such group on this machine");
  return Number(text);
}

function primaryGroup(user: Account, text: string): number {
  if (user.name === "") throw refused("--user", text, "it is not in the user database: give --group as well");
  return user.group;
}

function whoWeAre(): string {
  try {
    return `${userInfo().username} (${process.geteuid!()})`;
  } catch {
    return `user ${process.geteuid!()}`; // not in the database
  }
}

function give(file: string, option: string, uid: number, gid: number): void {
  try {
    const fd = openLogFile(file);
    try {
      // A terminal or pipe such as /dev/stderr is not ours to give away.
      if (fstatSync(fd).isFile()) fchownSync(fd, uid, gid);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new JunicornError("ERR_LOG_FILE", { file, option, problem: (error as Error).message });
  }
}

function refused(setting: string, value: string, problem: string): JunicornError {
  return new JunicornError("ERR_ACCOUNT", { setting, value, problem });
}
