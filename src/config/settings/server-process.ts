/** Settings about the process itself. */

import { requestPath } from "../process-validators.ts";
import { section } from "../setting.ts";
import { nonEmpty, optional } from "../validators.ts";

export const serverProcess = section("Server process", {
  chdir: {
    type: nonEmpty("path", "DIR"),
    default: ".",
    flags: "--chdir",
    summary: "Directory to work in",
    text: `
The working directory: the application, log files and unix sockets are found relative to it. Given on the command line
it is entered before the config file is looked for (a path given to \`--config\` is still relative to where
\`junicorn\` was started); a config file may set another, relative to the first. It must exist.`,
  },
  healthPath: {
    type: optional(requestPath()),
    default: null,
    flags: "--health-path",
    summary: "Path at which workers answer health checks",
    text: `
A path, such as \`/healthz\`, that workers answer themselves: 200 while they can serve, 503 while they leave or (in the
\`gthread\` class) have no live thread. The application does not see such requests, and they are neither in the access
log nor in the counts. In the \`gthread\` class a probe waits for nothing; in the others it waits while the
application keeps the worker busy. Without this setting there is no such path.`,
  },
});
