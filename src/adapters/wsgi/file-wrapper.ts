/** `environ["wsgi.file_wrapper"]`: makes an iterable of bytes of whatever an application calls a file. */

import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { JunicornError } from "../../base/errors.ts";
import { kindOf } from "./headers.ts";
import type { Bytes } from "./types.ts";

const BLOCK = 64 * 1024;

/**
 * Takes a `FileHandle`, a file descriptor, a stream or another async iterable, or an object with `read(size)` that returns (a promise of) bytes,
 * empty or null at the end. It is closed with the answer.
 */
export function fileWrapper(file: unknown, blockSize: number = BLOCK): FileWrapper {
  return new FileWrapper(file, blockSize);
}

export class FileWrapper implements AsyncIterable<Bytes> {
  readonly #file: unknown;
  readonly #pieces: AsyncIterable<Bytes>;

  constructor(file: unknown, blockSize: number) {
    this.#file = file;
    this.#pieces = piecesOf(file, blockSize);
  }

  [Symbol.asyncIterator](): AsyncIterator<Bytes> {
    return this.#pieces[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (typeof file !== "object" || file === null) {
      // A descriptor: its stream closes it, also when nothing was read.
      return void (this.#pieces as unknown as { destroy(): void }).destroy();
    }
    if (hasMethod(file, "destroy")) file.destroy();
    else if (hasMethod(file, "close")) await file.close();
  }
}

// --- internal ---

function piecesOf(file: unknown, blockSize: number): AsyncIterable<Bytes> {
  if (typeof file === "number") return createReadStream("", { fd: file, highWaterMark: blockSize });
  if (typeof file === "object" && file !== null) {
    if (isFileHandle(file)) return file.createReadStream({ highWaterMark: blockSize, autoClose: false });
    if (Symbol.asyncIterator in file) return file as AsyncIterable<Bytes>;
    if (hasMethod(file, "read")) return blocksOf(file, blockSize);
  }
  const problem = `wsgi.file_wrapper takes a FileHandle, a stream, a descriptor or an object with read(size), not ${kindOf(file)}`;
  throw new JunicornError("ERR_WSGI", { problem });
}

async function* blocksOf(file: { read(size: number): unknown }, blockSize: number): AsyncGenerator<Bytes> {
  for (;;) {
    const block = (await file.read(blockSize)) as Bytes | null | undefined;
    if (block === null || block === undefined || block.length === 0) return;
    yield block;
  }
}

function isFileHandle(file: object): file is FileHandle {
  return hasMethod(file, "createReadStream") && "fd" in file;
}

function hasMethod<Name extends string>(
  value: object,
  name: Name,
): value is Record<Name, (...args: unknown[]) => unknown> {
  return typeof (value as Record<string, unknown>)[name] === "function";
}
