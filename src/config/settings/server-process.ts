/** Settings about the process itself. */

import { section } from "../setting.ts";
import { nonEmpty } from "../validators.ts";

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
});
