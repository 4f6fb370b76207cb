/** Keys for uWebSockets, which takes the names of files: what the master has read is in one only while it is being read, and nobody else can open it. */

import { closeSync, existsSync, mkdtempSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { native } from "../../native.ts";

/** Calls `use` with the name of a file of this text, which is gone when it returns. `descriptors`: where the kernel shows open ones as files. */
export function withPemFile<T>(text: string, use: (path: string) => T, descriptors = "/proc/self/fd"): T {
  return existsSync(descriptors) ? inMemory(text, use, descriptors) : inFolder(text, use);
}

// --- internal ---

/** No disk ever sees it, and nothing is left behind even by a kill. */
function inMemory<T>(text: string, use: (path: string) => T, descriptors: string): T {
  const bytes = Buffer.from(text);
  const fd = native().createSharedMemory("tls", bytes.length);
  try {
    writeSync(fd, bytes, 0, bytes.length, 0);
    return use(join(descriptors, String(fd)));
  } finally {
    closeSync(fd);
  }
}

/** Where there is no /proc, as in a bare chroot: in a folder that only this user can enter. */
function inFolder<T>(text: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "junicorn-tls-"));
  try {
    const path = join(folder, "pair.pem");
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
