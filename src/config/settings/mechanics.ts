/** Settings about the process as the system sees it: daemon, pid file, user, name, environment. */

import { section } from "../setting.ts";
import { nonEmpty, optional, toggle } from "../validators.ts";
import { account, fileMask, variables } from "../process-validators.ts";

export const mechanics = section("Server mechanics", {
  daemon: {
    type: toggle(),
    default: false,
    flags: "-D, --daemon",
    restart: true,
    summary: "Run in the background, detached from the terminal",
    text: `
Starts the server in a session of its own, with standard input, output and error on \`/dev/null\`, and returns to the
shell once its workers are ready. If it does not come up, what is wrong is printed and the exit status is the server's. Give
it an \`errorLogfile\`: what goes to standard error is lost. Leave it out under systemd, in containers, and wherever
something else keeps the process: they want it in the foreground.`,
  },
  pidfile: {
    type: optional(nonEmpty("path", "PATH")),
    default: null,
    flags: "-p, --pid",
    summary: "File that holds the process id of the master",
    text: `
A file, relative to \`chdir\`, into which the master writes its process id, and which it removes when it ends. If the file
names a process that is alive, the server does not start; a file left over from a crash is replaced. A master that was
started by an upgrade adds \`.2\` to the name until the old one is gone (docs/upgrade.md).`,
  },
  user: {
    type: optional(account("user")),
    default: null,
    flags: "-u, --user",
    restart: true,
    summary: "User that workers run as: a name or a number",
    text: `
The user that workers become before they load the application. Only a master that runs as root can do this; it stays root,
to bind ports below 1024 and to start further workers. Log files and unix sockets are given to that user. The application
and Junicorn itself must be readable for it: nothing below \`/root\` is.`,
  },
  group: {
    type: optional(account("group")),
    default: null,
    flags: "-g, --group",
    restart: true,
    summary: "Group that workers run as: a name or a number",
    text: `
The group that workers become. Without it they take the primary group of \`user\` (Gunicorn leaves them in root's).`,
  },
  initgroups: {
    type: toggle(),
    default: false,
    flags: "--initgroups",
    restart: true,
    summary: "Give workers all groups their user is in",
    text: `
With \`user\`: workers are in all groups that the system's user database puts this user in. Without it they are in
\`group\` alone.`,
  },
  umask: {
    type: fileMask(),
    default: 0,
    flags: "-m, --umask",
    restart: true,
    summary: "Permissions that new files and unix sockets do not get",
    text: `
The file mode creation mask, in octal (\`007\`, \`0o007\`), or as a number in a config file. Unix sockets are made with it:
with the default every user of the machine can connect, with \`007\` only user and group. Unless it is 0, it is also the mask
of the master and of the workers, for all files they create; with 0 they keep the one that \`junicorn\` was started with.`,
  },
  rawEnv: {
    type: variables(),
    default: [],
    flags: "-e, --env",
    summary: "Variable for the application, as NAME=VALUE; may be repeated",
    text: `
Variables that are set in the environment of the master and of the workers, as in \`-e NODE_ENV=production\`. Repeat the option
for several; a config file gives an array of such texts. They are there before Node starts in a worker, so that
\`NODE_OPTIONS\` and \`UV_THREADPOOL_SIZE\` work. A reload takes back what is no longer listed.`,
  },
  procName: {
    type: optional(nonEmpty("name", "NAME")),
    default: null,
    flags: "-n, --name",
    summary: "Name of the server in the list of processes",
    text: `
\`ps\` shows the processes as \`junicorn: master [NAME]\` and \`junicorn: worker [NAME]\`; the name is the application's module
unless given. The system has as much room for the master's as its command line took, and cuts what does not fit.`,
  },
});
