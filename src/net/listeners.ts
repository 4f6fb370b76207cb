/** The listening sockets: bound once by the master, inherited by every worker, closed when the server stops. */

import { unlinkSync } from "node:fs";

import { native } from "../native.ts";
import { formatAddress, type Address } from "./address.ts";
import { bindPatiently, describeListener, type BindOptions, type Bound, type BoundListener } from "./bind.ts";
import { inodeOf } from "./socket-file.ts";

export type { BindOptions, BoundListener };

/** Binds all addresses, or none: throws `ERR_BIND` with what is in the way. What `current` has stays bound, and belongs to both then. */
export async function bindListeners(
  addresses: readonly Address[],
  options: BindOptions,
  current: Listeners | null = null,
): Promise<Listeners> {
  const bound: OwnedListener[] = [];
  try {
    for (const address of addresses) {
      const asked = formatAddress(address);
      const kept = current?.owned.find((entry) => entry.asked === asked && !bound.includes(entry));
      // With all its lanes.
      if (kept !== undefined) bound.push(...current!.owned.filter((entry) => isSame(entry, kept)));
      else bound.push(...(await bindPatiently(address, options)).map((entry) => ({ ...entry, asked })));
    }
  } catch (error) {
    new Listeners(bound).closeExcept(current);
    throw error;
  }
  return new Listeners(bound);
}

/** Sockets that another process has bound. `asked`: the address as the settings say it, or "" where they do not. Throws `ERR_BIND`. */
export function adoptListeners(sockets: readonly { readonly fd: number; readonly asked: string }[]): Listeners {
  const found = sockets.map(({ fd, asked }) => ({ asked, listener: describeListener(fd, null) }));
  return new Listeners(
    found.map((socket) => {
      const { asked, listener } = socket;
      const lanes = found.filter((other) => isSame(other, socket));
      // What somebody else made for us to use is not ours to remove.
      const ours = listener.unixPath !== "" && asked.startsWith("unix:");
      return {
        asked,
        listener: lanes.length > 1 ? { ...listener, lane: lanes.indexOf(socket) } : listener,
        inode: ours ? inodeOf(listener.unixPath) : null,
      };
    }),
  );
}

export class Listeners {
  readonly all: readonly BoundListener[];
  /** Another master serves these sockets as well, and goes on when this one leaves. */
  withOthers = false;
  /** They came from outside, whatever the settings ask for. */
  readonly supplied: boolean;
  readonly owned: OwnedListener[];

  constructor(owned: OwnedListener[]) {
    this.owned = owned;
    this.all = owned.map((entry) => entry.listener);
    this.supplied = owned.some((entry) => entry.asked === "");
  }

  /** Somebody else has these sockets as well (systemd, another master): what waits in their queues is not lost when we go. */
  get shared(): boolean {
    return this.withOthers || this.supplied;
  }

  get urls(): string {
    return [...new Set(this.all.map((listener) => listener.url))].join(",");
  }

  /** Lets go of the sockets and removes the files of unix sockets that are still ours. */
  close(): void {
    this.closeExcept(null);
  }

  /**
   * Lets go of those that `others` has not. Of those that are not shared, nobody new comes in from now on: a connection that came after workers have
   * looked for the last time would be reset. What waits in the queues is served by the workers that hold the sockets.
   */
  closeExcept(others: Listeners | null): void {
    if (others === this) return;
    const { shared } = this;
    for (const { listener, inode } of this.owned.splice(0).filter((entry) => others?.owned.includes(entry) !== true)) {
      if (!shared && listener.unixPath === "") native().closeGate(listener.fd);
      native().close(listener.fd);
      if (this.withOthers || inode === null) continue;
      if (inodeOf(listener.unixPath) === inode) unlinkSync(listener.unixPath);
    }
  }
}

// --- internal ---

interface OwnedListener extends Bound {
  /** As the settings say it; "" for what came from outside without being asked for. */
  readonly asked: string;
}

type Named = Pick<OwnedListener, "asked" | "listener">;

function isSame(one: Named, other: Named): boolean {
  return one.asked === other.asked && one.listener.url === other.listener.url;
}
