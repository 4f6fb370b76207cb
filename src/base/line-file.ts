/** A file of lines, written in the background: the loop never waits for a disk, and a failing one costs a bounded amount of memory. */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { SonicBoom } from "sonic-boom";
import { JunicornError } from "./errors.ts";
import { FULL_BATCH, LineBuffer } from "./line-buffer.ts";
import { MovedFile } from "./moved-file.ts";
import { openLogFile, openOwnPipe } from "./open-log-file.ts";

// Required, not imported: to import CommonJS, Node starts a lexer in WebAssembly, which costs every process 4 ms and 3 MiB.
const sonicBoom = createRequire(import.meta.url)("sonic-boom") as typeof import("sonic-boom");

/** In this mode it takes bytes, of which its types do not know. */
type BytesOut = Omit<SonicBoom, "write" | "once"> & { write(bytes: Buffer): boolean };

export interface LineFileOptions {
  /** A path, or "-" for `dashFd`. */
  readonly file: string;
  readonly dashFd: 1 | 2;
  /** Milliseconds that a line may wait for others, so that many leave in one system call. 0: each line leaves at once. */
  readonly gatherMs: number;
  /** Told once writing works again, if lines were lost meanwhile. */
  readonly note: (message: string) => void;
  /** Told of each loss at once. */
  readonly lost?: (lines: number) => void;
}

/**
 * Lines go to the kernel in order and without waiting. While a write fails (disk full, reader gone) or is slow they gather up to
 * MAX_BUFFERED; what comes after that is dropped and counted. Whatever is buffered when the process exits is written by an exit hook.
 */
export class LineFile {
  /** Lines dropped so far. */
  dropped = 0;

  readonly #options: LineFileOptions;
  readonly #path: string;
  readonly #exitHook = (): void => this.flushSync();
  #gathering: NodeJS.Timeout | undefined;
  #retrying: NodeJS.Timeout | undefined;
  /** Gives up the wait for a destination that is not ready: only at exit, where waiting would hang the process. */
  #patience = Number.POSITIVE_INFINITY;
  #out: BytesOut;
  #moved!: MovedFile;
  /** Files of before a `reopen()` that still have something to write. */
  readonly #retiring = new Set<BytesOut>();
  readonly #batch = new LineBuffer();
  /** A batch with so many bytes encoded leaves before its time. */
  #mostBatch = 1;
  #pieceLines = 0;
  /** A piece has been handed to `#out` and is not in the kernel yet. */
  #busy = false;
  #closed = false;
  #failure = "";
  /** The piece is for a pipe that has no room: its reader is slow. */
  #isFull = false;
  #unreported = 0;
  #waiters: (() => void)[] = [];

  /** Throws `ERR_LOG_FILE` if the file cannot be opened. */
  constructor(options: LineFileOptions) {
    this.#options = options;
    // Resolved now: a later change of the working directory must not move the log.
    this.#path = options.file === "-" ? "-" : resolve(options.file);
    this.#out = this.#open();
    process.on("exit", this.#exitHook);
  }

  /** Adds a line; its end is added here. */
  write(line: string): void {
    if (this.#closed) return;
    if (this.#batch.size + line.length > MAX_BUFFERED) return this.#lose(1);
    if (this.#batch.isFull(line)) {
      this.#batch.encode();
      if (!this.#busy && this.#batch.bytes >= this.#mostBatch) this.#handOver();
    }
    this.#batch.add(line);
    if (this.#busy) return;
    if (this.#options.gatherMs === 0) this.#handOver();
    else this.#gather();
  }

  /** Resolves when every line so far is in the kernel; also when that fails, or takes longer than `FLUSH_MS`. */
  async flush(): Promise<void> {
    if (this.#closed || (this.#batch.lines === 0 && !this.#busy)) return;
    if (!this.#busy) this.#handOver();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((done) => {
      timer = setTimeout(done, FLUSH_MS);
      this.#waiters.push(done);
    });
    clearTimeout(timer);
  }

  /** Writes what is buffered before it returns: for the moment of exit. Never throws. */
  flushSync(): void {
    if (this.#closed) return;
    this.#patience = EXIT_RETRIES;
    // A piece that is being written by the thread pool cannot be taken back; this gives it the time to come first.
    if (this.#busy && this.#failure === "") pause(IN_FLIGHT_MS);
    for (const out of [...this.#retiring, this.#out]) {
      try {
        if (out === this.#out && this.#batch.lines > 0) out.write(this.#takeBatch());
        out.flushSync();
      } catch {
        // Nowhere left to tell it.
      }
    }
    this.#patience = Number.POSITIVE_INFINITY;
  }

  /** Opens the path anew, for log rotation; lines so far go to the old file. If that fails it throws, and the old file stays in use. */
  reopen(): void {
    if (this.#closed || this.#path === "-") return;
    const old = this.#out;
    this.#out = this.#open();
    this.#retire(old);
    this.#reportLoss();
    if (this.#batch.lines === 0) this.#wake();
    else if (!this.#busy) this.#handOver();
  }

  /** Flushes as `flush()` does and closes the file; later lines are ignored. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.flush();
    this.#closed = true;
    clearTimeout(this.#gathering);
    clearTimeout(this.#retrying);
    process.off("exit", this.#exitHook);
    if (this.#path !== "-") this.#retire(this.#out);
  }

  // --- internal ---

  #open(): BytesOut {
    const fd = this.#openFd();
    this.#moved = new MovedFile(this.#path, fd, () => this.reopen());
    this.#mostBatch = this.#moved.isFile ? FULL_BATCH : 1;
    // Node finds no named exports in this CommonJS module.
    const out: BytesOut = new sonicBoom.SonicBoom({
      fd,
      sync: false,
      contentMode: "buffer",
      // Never reached: sonic-boom writes only what it is told to, so that at exit all of it can still go in order.
      minLength: 2 * MAX_BUFFERED,
      maxWrite: 4 * MAX_BUFFERED,
      // Its own retry naps for 100 ms, in which a pipe that is read could have been filled many times.
      retryEAGAIN: () => (out !== this.#out || this.#patience < Number.POSITIVE_INFINITY) && this.#patience-- > 0,
    }) as unknown as BytesOut;
    out.on("drain", () => this.#drained(out));
    out.on("error", (error: NodeJS.ErrnoException) => this.#failed(out, error));
    return out;
  }

  #openFd(): number {
    if (this.#path === "-") return openOwnPipe(this.#options.dashFd);
    try {
      return openLogFile(this.#path);
    } catch (error) {
      const option = this.#options.dashFd === 1 ? "--access-logfile" : "--error-logfile";
      throw new JunicornError("ERR_LOG_FILE", { file: this.#path, option, problem: (error as Error).message });
    }
  }

  #handOver(): void {
    this.#moved.look();
    this.#out.write(this.#takeBatch());
    this.#busy = true;
    this.#out.flush();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      if (!this.#busy && this.#batch.lines > 0) this.#handOver();
    }, this.#options.gatherMs).unref();
  }

  #tryAgain(): void {
    this.#retrying = undefined;
    // Who makes room on a full disk removes its logs: this one keeps its room until it is let go.
    this.#moved.look();
    this.#out.flush();
  }

  #drained(out: BytesOut): void {
    if (out !== this.#out || this.#closed) return;
    this.#busy = false;
    this.#isFull = false;
    this.#batch.written();
    this.#reportLoss();
    if (this.#batch.lines === 0) return this.#wake();
    const isDue = this.#waiters.length > 0 || this.#options.gatherMs === 0 || this.#batch.bytes >= this.#mostBatch;
    if (isDue) this.#handOver();
    else this.#gather();
  }

  /** sonic-boom keeps the piece that failed: it is tried again, after a while. */
  #failed(out: BytesOut, error: NodeJS.ErrnoException): void {
    if (out !== this.#out || this.#closed) return out.destroy();
    this.#isFull = error.code === "EAGAIN";
    const pauseMs = this.#isFull ? FULL_PIPE_MS : RETRY_MS;
    this.#retrying ??= setTimeout(() => this.#tryAgain(), pauseMs).unref();
    if (this.#isFull) return;
    this.#failure = error.code ?? error.message;
    this.#wake();
  }

  #reportLoss(): void {
    const lost = this.#unreported;
    const failure = this.#failure;
    this.#unreported = 0;
    this.#failure = "";
    if (lost === 0) return;
    const where = this.#path === "-" ? `standard ${this.#options.dashFd === 1 ? "output" : "error"}` : this.#path;
    this.#options.note(
      `${lost} log lines were lost: ${where} could not be written${failure === "" ? " fast enough" : ` (${failure})`}`,
    );
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  /** Leaves a file. A failing one is given up: what waits goes to the next, what it had is lost. */
  #retire(out: BytesOut): void {
    const failed = this.#failure !== "" || this.#isFull;
    this.#isFull = false;
    if (failed) this.#lose(this.#pieceLines);
    else if (this.#batch.lines > 0) out.write(this.#takeBatch());
    this.#busy = false;
    this.#batch.forsake();
    if (failed) return out.destroy();
    this.#retiring.add(out);
    out.on("close", () => this.#retiring.delete(out));
    out.end();
  }

  #takeBatch(): Buffer {
    this.#pieceLines = this.#batch.lines;
    return this.#batch.take();
  }

  #lose(lines: number): void {
    this.dropped += lines;
    this.#options.lost?.(lines);
    this.#unreported += lines;
  }
}

/** The most that is kept, in bytes, while the destination is slow or fails. */
const MAX_BUFFERED = 4 * 1024 * 1024;

const RETRY_MS = 1000;
const FULL_PIPE_MS = 5;
const FLUSH_MS = 2000;
/** Times sonic-boom's 100 ms. */
const EXIT_RETRIES = 10;
const IN_FLIGHT_MS = 10;

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
