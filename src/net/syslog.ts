/** Sends log lines to syslog, as entries of RFC 3164. Nobody ever waits for it: what it does not take is dropped and counted. */

import { hostname } from "node:os";

import { syslogTime, SecondText } from "../base/clock.ts";
import type { LogLevel } from "../base/errors.ts";
import type { LogSink } from "../base/log-sink.ts";
import { FACILITIES, type Facility, parseSyslogAddress } from "../base/syslog.ts";
import type { LineTransport } from "./datagrams.ts";
import { openTransport } from "./syslog-transport.ts";

export interface SyslogOptions {
  /** As the setting has it. */
  readonly address: string;
  readonly facility: Facility;
  /** Of the program: entries are tagged `junicorn.NAME.error` and `junicorn.NAME.access`. */
  readonly name: string;
  /** Told now and then of entries that were lost. */
  readonly note: (message: string) => void;
  /** Told of each loss at once. */
  readonly lost: (lines: number) => void;
}

/** Of the settings, those about syslog. */
export interface SyslogSettings {
  readonly logSyslog: boolean;
  readonly logSyslogTo: string;
  readonly logSyslogFacility: Facility;
  readonly logSyslogPrefix: string | null;
  readonly procName: string | null;
  readonly app: string;
}

/** Null where the settings do not want it. */
export function syslogFor(settings: SyslogSettings, told: Pick<SyslogOptions, "note" | "lost">): Syslog | null {
  if (!settings.logSyslog) return null;
  const name = settings.logSyslogPrefix ?? settings.procName ?? settings.app;
  return new Syslog({ address: settings.logSyslogTo, facility: settings.logSyslogFacility, name, ...told });
}

export class Syslog {
  readonly #options: SyslogOptions;
  readonly #transport: LineTransport;
  /** A local daemon knows its host. */
  readonly #host: string;
  readonly #time = new SecondText(syslogTime);
  #unreported = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SyslogOptions) {
    this.#options = options;
    const address = parseSyslogAddress(options.address);
    this.#host = address.kind === "unix" ? "" : `${hostname()} `;
    this.#transport = openTransport(address, (lines, why) => this.#lose(lines, why));
  }

  /** One of the two logs. */
  sink(log: "error" | "access"): LogSink {
    // What is no letter ends a tag, or is taken for the process id.
    const name = this.#options.name.replaceAll(/[^\w.-]+/g, ".").replaceAll(/^\.+|\.+$/g, "");
    const tag = `junicorn.${name === "" ? "" : `${name}.`}${log}[${process.pid}]: `;
    const facility = FACILITIES[this.#options.facility] * 8;
    return {
      write: (level, text) => {
        const head = `<${facility + SEVERITIES[level]}>${this.#time.at(Date.now())} ${this.#host}${tag}`;
        // An entry is a line.
        for (const line of text.split("\n")) this.#transport.send((head + line).slice(0, MOST_CHARACTERS));
      },
    };
  }

  /** Resolves when all is sent, or cannot be within 2 s. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  // --- internal ---

  #lose(lines: number, why: string): void {
    this.#options.lost(lines);
    this.#unreported += lines;
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = now;
    const count = this.#unreported;
    this.#unreported = 0;
    const { address, note } = this.#options;
    if (count === 0) return note(`syslog at ${address} cannot be reached (${why}); the latest lines are kept for it`);
    note(`${count} log lines were lost: syslog at ${address} does not take them (${why})`);
  }
}

// --- internal ---

const SEVERITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warning: 4, error: 3, critical: 2 };

/** What daemons take of an entry, as they come. */
const MOST_CHARACTERS = 8000;
const REPORT_MS = 60_000;
