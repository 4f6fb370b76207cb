/**
 * Sees to it that nothing stays behind when this process is killed and can do nothing about it itself: a shell whose input ends when we do, and which then
 * ends the process groups and removes the folders that it was told of.
 */

import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/** A process group, and the signal that ends it. */
export interface Ward {
  readonly group: number;
  readonly signal: NodeJS.Signals;
}

export class Warden {
  #shell: ChildProcess | null = null;

  /**
   * What starts a command that is told of before it runs: whoever is killed in the midst of starting something could tell no more. Its descriptor 3 must be `input`.
   * While that is open, nothing is ended here.
   */
  announced(command: readonly string[], signal: NodeJS.Signals): readonly string[] {
    return ["sh", "-c", ANNOUNCE, signal.replace("SIG", ""), ...command];
  }

  get input(): Writable {
    return (this.#shell ??= this.#start()).stdin!;
  }

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
    this.input.write(`${line}\n`);
  }

  /** In a session of its own: neither Ctrl-C nor a signal for our group reaches it. It keeps nobody alive. */
  #start(): ChildProcess {
    const shell = spawn("sh", ["-c", SCRIPT, "junicorn-warden"], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    // Who ends it gives up what it has been told, and nothing else.
    shell.on("error", () => {}).on("exit", () => (this.#shell = null));
    shell.stdin.on("error", () => {});
    shell.unref();
    (shell.stdin as typeof shell.stdin & { unref(): void }).unref();
    return shell;
  }
}

// --- internal ---

/** Its name is the signal. The server takes its place, so that the process is the same. */
const ANNOUNCE = 'echo "+$0:$$" >&3; exec "$@" 3>&-';

/** A folder's line begins with a slash, and that of one more group with a plus; of the others the last one counts. What is ended has a moment before its folder goes. */
const SCRIPT = `
while IFS= read -r line; do
  case $line in /*) set -- "$@" "$line" ;; +*) wards="$wards \${line#+}" ;; *) wards=$line ;; esac
done
for ward in $wards; do kill -s "\${ward%:*}" -- "-\${ward#*:}"; done
[ -z "$wards" ] || sleep 0.2
rm -rf -- "$@"`;
