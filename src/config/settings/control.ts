/** Settings about the control socket, for `junicorn ctl` and `junicorn status`. */

import { fileMode } from "../process-validators.ts";
import { section } from "../setting.ts";
import { nonEmpty, optional, toggle } from "../validators.ts";

export const control = section("Control", {
  controlSocket: {
    type: optional(nonEmpty("path", "PATH")),
    default: null,
    flags: "--control-socket",
    restart: true,
    summary: "Unix socket for junicorn ctl and status",
    text: `
The unix socket on which the master takes commands and tells how it fares (docs/control.md), relative to \`chdir\`. Its
directory must exist. A socket that another server listens on is left to it.

\`null\` makes it \`PID.ctl\`, with the process id of the master, in the first of these directories that is private to its
user or can be made so: \`$XDG_RUNTIME_DIR/junicorn\`, \`~/.junicorn\`, \`junicorn-UID\` in the directory for temporary
files. \`junicorn ctl\` looks there, so it needs no setting. If there is no place for the socket the server runs without it
and says so.`,
  },
  controlSocketMode: {
    type: fileMode(),
    default: "0600",
    flags: "--control-socket-mode",
    restart: true,
    summary: "Permissions of the control socket",
    text: `
Who may connect to the control socket: whoever may, may stop the server and see what it serves. By default only its own user
(and root). For a group, such as \`0660\`, put the socket into a directory that the group may enter.`,
  },
  controlSocketDisable: {
    type: toggle(),
    default: false,
    flags: "--no-control-socket",
    restart: true,
    summary: "Have no control socket",
    text: `
Runs without a control socket: \`junicorn ctl\` and \`junicorn status\` cannot reach the server then; signals still can.`,
  },
});
