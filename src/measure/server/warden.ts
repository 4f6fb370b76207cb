/**
 * Sees to it that nothing stays behind when this process is killed and can do nothing about it itself: a shell whose input ends when we do, and which then
 * ends the process groups and removes the folders that it was told of.
 */

import { type ChildProcess, spawn } from "node:child_process";

/** A process group, and the signal that ends it. */
export interface Ward {
  readonly group: number;
  readonly signal: NodeJS.Signals;
}

export class Warden {
  #shell: ChildProcess | null = null;

  /** These, and no others, are to be ended. */
  watch(wards: readonly Ward[]): void {
    this.#tell(wards.map(({ group, signal }) => `${signal.replace("SIG", "")}:${group}`).join(" "));
  }

  /** To be removed as well, if it is still there. */
  watchFolder(folder: string): void {
    // What stands on a line of its own would be another folder.
    if (!folder.includes("\n")) this.#tell(folder);
  }

  #tell(line: string): void {
    this.#shell ??= start();
    this.#shell.stdin?.write(`${line}\n`);
  }
}

// --- internal ---

/** A folder's line begins with a slash; of the others the last one counts. What is ended has a moment before its folder goes. */
const SCRIPT = `
while IFS= read -r line; do
  case $line in /*) set -- "$@" "$line" ;; *) wards=$line ;; esac
done
for ward in $wards; do kill -s "\${ward%:*}" -- "-\${ward#*:}"; done
[ -z "$wards" ] || sleep 0.2
rm -rf -- "$@"`;

/** In a session of its own: neither Ctrl-C nor a signal for our group reaches it. It keeps nobody alive. */
function start(): ChildProcess {
  const shell = spawn("sh", ["-c", SCRIPT, "junicorn-warden"], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Who ends it gives up what it is for, and nothing else.
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  (shell.stdin as typeof shell.stdin & { unref(): void }).unref();
  return shell;
}
