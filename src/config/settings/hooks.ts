/** Functions of the config file that are called at points of the server's life. docs/hooks.md tells of them together. */

import type { Hook, HookName } from "../hook-types.ts";
import { section, type SettingType } from "../setting.ts";
import { seconds } from "../validators.ts";

export const hooks = section("Hooks", {
  onStarting: {
    type: hook("onStarting"),
    default: null,
    summary: "Called in the master, before the sockets are bound",
    text: `
\`(server)\`, in the master: before the sockets are bound and before any worker is started. A promise is waited for, as with
all hooks, so this is the place for what must be done once and before everything, such as a check of the database's schema.`,
  },
  onReload: {
    type: hook("onReload"),
    default: null,
    summary: "Called in the master during a reload",
    text: `
\`(server)\`, in the master: at a reload (HUP), when the settings have been read again and before a worker is started with them.
It is the new config file's function that is called, and \`server.settings\` are the new ones.`,
  },
  whenReady: {
    type: hook("whenReady"),
    default: null,
    summary: "Called in the master, once the sockets are bound",
    text: `
\`(server)\`, in the master: the sockets are bound; no worker has been started.`,
  },
  preFork: {
    type: hook("preFork"),
    default: null,
    summary: "Called in the master, before a worker is started",
    text: `
\`(server, worker)\`, in the master: before each worker is started. It has no process yet, so \`worker.pid\` is 0. Variables
that are set in \`process.env\` here reach the worker.`,
  },
  postFork: {
    type: hook("postFork"),
    default: null,
    summary: "Called in a new worker, before the application is loaded",
    text: `
\`(server, worker)\`, in the worker: its process has begun, and is still the master's user; the application has not been loaded.`,
  },
  postWorkerInit: {
    type: hook("postWorkerInit"),
    default: null,
    summary: "Called in a worker that has loaded the application",
    text: `
\`(worker)\`, in the worker: the application has been loaded, and no connection was accepted yet.`,
  },
  workerInt: {
    type: hook("workerInt"),
    default: null,
    summary: "Called in a worker that is told to leave at once",
    text: `
\`(worker)\`, in the worker: it was sent INT or QUIT, because the server stops at once or, with \`reload\`, a file has changed.`,
  },
  workerAbort: {
    type: hook("workerAbort"),
    default: null,
    summary: "Called in a worker that is aborted for a time-out",
    text: `
\`(worker)\`, in the worker: it was sent ABRT, because it or one of its requests has outlasted \`timeout\`. It can be called only
where the event loop is free: JavaScript that runs on and on leaves room for nothing else. Such a worker's stack is in
the error log.`,
  },
  preExec: {
    type: hook("preExec"),
    default: null,
    summary: "Called in the master, before an upgrade starts a new one",
    text: `
\`(server)\`, in the master that is there: before the new master of an upgrade (USR2) is started.`,
  },
  preRequest: {
    type: hook("preRequest"),
    default: null,
    summary: "Called in the worker, before a request reaches the application",
    text: `
\`(worker, request)\`, in the worker's main thread: before the application gets the request. If it returns a promise the
request waits for it. If it fails the application does not get the request, and the client gets 500. Health checks
(\`healthPath\`) and requests that were refused do not come here.`,
  },
  postRequest: {
    type: hook("postRequest"),
    default: null,
    summary: "Called in the worker, after a request was answered",
    text: `
\`(worker, request, response)\`, in the worker's main thread: the answer's last byte is with the kernel, or the client is gone.
Nothing waits for its promise.`,
  },
  childExit: {
    type: hook("childExit"),
    default: null,
    summary: "Called in the master, after a worker's process has ended",
    text: `
\`(server, worker)\`, in the master: a worker's process is gone, however it ended; \`worker.exit\` says how.`,
  },
  workerExit: {
    type: hook("workerExit"),
    default: null,
    summary: "Called in a worker that leaves",
    text: `
\`(server, worker)\`, in the worker: the last thing it does. A worker that is killed or crashes does not come to it;
\`childExit\` hears of those.`,
  },
  sslContext: {
    type: hook("sslContext"),
    default: null,
    summary: "Called in the worker, to change how TLS is spoken",
    text: `
\`(settings, makeDefault)\`, in the worker: for each certificate, when the worker starts and whenever certificates change, or the keys of session tickets. \`makeDefault()\` gives
the options that the settings ask for, as \`tls.createSecureContext\` takes them; the hook returns them as they are to be, at once. If it fails
at the start the worker does not start; later, the old certificates stay.`,
  },
  nworkersChanged: {
    type: hook("nworkersChanged"),
    default: null,
    summary: "Called in the master, when the number of workers is set",
    text: `
\`(server, workers, before)\`, in the master: the number of workers there are to be is set or changed. The first time, before
\`onStarting\`, \`before\` is \`null\`.`,
  },
  onExit: {
    type: hook("onExit"),
    default: null,
    summary: "Called in the master, before it exits",
    text: `
\`(server)\`, in the master: all workers are gone, and it is about to exit.`,
  },
  hookTimeout: {
    type: seconds(),
    default: 30,
    flags: "--hook-timeout",
    summary: "Seconds a hook's promise is waited for; 0 is no limit",
    text: `
How long the promise of a hook is waited for. When the time is up that is logged with the hook's name, and the server goes on as if
the hook had failed; what the hook has begun is not stopped. 0 waits for ever.`,
  },
});

// --- internal ---

function hook<Name extends HookName>(name: Name): SettingType<Hook<Name> | null> {
  const read = (value: unknown): Hook<Name> | null => {
    if (value !== null && typeof value !== "function")
      throw new Error(`expected a function (see ${name} in docs/hooks.md)`);
    return value as Hook<Name> | null;
  };
  // Only config files hold functions: without an option there is no text to read.
  return {
    label: "function or null",
    placeholder: "FUNCTION",
    repeatable: false,
    fromText: ([text]) => read(text),
    fromValue: read,
  };
}
