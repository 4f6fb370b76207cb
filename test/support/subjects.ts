/** What the conformance suite runs over: every interface in every worker class. A new class is a row here. */

import { afterAll, beforeAll, describe } from "vitest";
import { Certificates, type Made } from "./certificates.ts";
import { startJunicorn, type Junicorn } from "./junicorn.ts";
import { SECURE_PORTS } from "./raw-client.ts";
import { temporaryFolder } from "./tools.ts";
import { HAS_UWS } from "./uws.ts";

export interface Subject {
  readonly interface: "fetch" | "node" | "wsgi";
  readonly workerClass: "sync" | "gthread" | "async";
  /** Which engine speaks; `uws` is uWebSockets with llhttp beside it for what uWebSockets cannot do. */
  readonly engine: "llhttp" | "uws";
  /** Connections are TLS. */
  readonly tls: boolean;
  /** A connection serves more than one request. */
  readonly keepAlive: boolean;
  /** What uWebSockets cannot do goes to llhttp if it comes first on its connection; over TLS it cannot be seen. */
  readonly seesFirst: boolean;
}

const INTERFACES = ["fetch", "node", "wsgi"] as const;
const CLASSES = [
  { workerClass: "sync", engine: "llhttp", keepAlive: false },
  { workerClass: "gthread", engine: "llhttp", keepAlive: true },
  { workerClass: "async", engine: "llhttp", keepAlive: true },
  { workerClass: "async", engine: "uws", keepAlive: true },
] as const;

export const SUBJECTS: readonly Subject[] = CLASSES.filter(({ engine }) => engine !== "uws" || HAS_UWS).flatMap((row) =>
  INTERFACES.map((name) => ({ interface: name, ...row, tls: false, seesFirst: true })),
);

/** Which interface speaks for a class and an engine. */
const PAIRS: Readonly<Record<string, string>> = {
  "sync llhttp": "wsgi",
  "gthread llhttp": "node",
  "async llhttp": "fetch",
  "async uws": "node",
};

/** The same over TLS: in short each class and each interface once, and each engine. */
const SECURE: readonly Subject[] = SUBJECTS.filter(
  ({ engine, interface: name, workerClass }) =>
    process.env["JUNICORN_TLS"] === "full" || PAIRS[`${workerClass} ${engine}`] === name,
).map((subject) => ({ ...subject, tls: true, seesFirst: subject.engine !== "uws" }));

/** One worker serving the behaviour app of `subject`. */
export async function startSubject(subject: Subject, args: string[] = [], shared = false): Promise<Junicorn> {
  const server = await startJunicorn({
    app: `./conformance-${subject.interface}.mjs`,
    args: [
      ...["--worker-class", subject.workerClass, "--http-engine", subject.engine],
      ...["--interface", subject.interface, "--workers", "1"],
      ...(subject.workerClass === "gthread" ? ["--threads", "1"] : []),
      ...(subject.tls ? certificate() : []),
      ...args,
    ],
    shared,
  });
  // Ports are used again.
  if (subject.tls) SECURE_PORTS.add(server.port);
  else SECURE_PORTS.delete(server.port);
  return server;
}

/** Declares the same tests for every subject, each with a server of its own that lives as long as its tests. */
export function describeSubjects(
  tests: (subject: Subject, server: () => Junicorn) => void,
  args: string[] = [],
  wanted: ((subject: Subject) => boolean) | null = null,
): void {
  const subjects = wanted === null ? [...SUBJECTS, ...SECURE] : SUBJECTS.filter(wanted);
  describe.each(subjects)("$interface in $workerClass on $engine, TLS: $tls", (subject) => {
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

// --- internal ---

let made: Made | null = null;

function certificate(): string[] {
  made ??= new Certificates(temporaryFolder({ onTestFinished: afterAll })).make("localhost", ["localhost"]);
  return ["--certfile", made.cert, "--keyfile", made.key];
}
