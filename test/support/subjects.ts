/** What the conformance suite runs over: every interface in every worker class. A new class is a row here. */

import { afterAll, beforeAll, describe } from "vitest";
import { startJunicorn, type Junicorn } from "./junicorn.ts";
import { HAS_UWS } from "./uws.ts";

export interface Subject {
  readonly interface: "fetch" | "node" | "wsgi";
  readonly workerClass: "sync" | "gthread" | "async";
  /** Which engine speaks; `uws` is uWebSockets with llhttp beside it for what uWebSockets cannot do. */
  readonly engine: "llhttp" | "uws";
  /** A connection serves more than one request. */
  readonly keepAlive: boolean;
}

const INTERFACES = ["fetch", "node", "wsgi"] as const;
const CLASSES = [
  { workerClass: "sync", engine: "llhttp", keepAlive: false },
  { workerClass: "gthread", engine: "llhttp", keepAlive: true },
  { workerClass: "async", engine: "llhttp", keepAlive: true },
  { workerClass: "async", engine: "uws", keepAlive: true },
] as const;

export const SUBJECTS: readonly Subject[] = CLASSES.filter(({ engine }) => engine !== "uws" || HAS_UWS).flatMap((row) =>
  INTERFACES.map((name) => ({ interface: name, ...row })),
);

/** One worker serving the behaviour app of `subject`. */
export function startSubject(subject: Subject, args: string[] = [], shared = false): Promise<Junicorn> {
  return startJunicorn({
    app: `./conformance-${subject.interface}.mjs`,
    args: [
      ...["--worker-class", subject.workerClass, "--http-engine", subject.engine],
      ...["--interface", subject.interface, "--workers", "1"],
      ...(subject.workerClass === "gthread" ? ["--threads", "1"] : []),
      ...args,
    ],
    shared,
  });
}

/** Declares the same tests for every subject, each with a server of its own that lives as long as its tests. */
export function describeSubjects(
  tests: (subject: Subject, server: () => Junicorn) => void,
  args: string[] = [],
  wanted: (subject: Subject) => boolean = () => true,
): void {
  describe.each(SUBJECTS.filter(wanted))("$interface in $workerClass on $engine", (subject) => {
    let server: Junicorn | undefined;
    beforeAll(async () => {
      server = await startSubject(subject, args, true);
    });
    afterAll(() => server?.kill());
    tests(subject, () => {
      if (!server) throw new Error("the server did not start");
      return server;
    });
  });
}
