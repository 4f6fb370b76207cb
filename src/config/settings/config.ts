/** Settings about the configuration itself. */

import { section } from "../setting.ts";
import { nonEmpty, optional, toggle } from "../validators.ts";

export const config = section("Configuration", {
  config: {
    type: optional(nonEmpty("path", "PATH")),
    default: null,
    flags: "-c, --config",
    cliOnly: true,
    summary: "Config file: TypeScript, JavaScript or JSON",
    text: `
The config file, as \`PATH\` or \`file:PATH\`, relative to the directory \`junicorn\` is started in. Without this
option the first of \`junicorn.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\`, \`.cjs\` and \`.json\` in the working
directory is read, if there is one.

The file's default export (or, without one, its named exports) is an object of settings, or a function, which may be
async, that returns one. Names are those of this page; Gunicorn's (\`worker_class\`) are accepted too. A name that is
no setting, a value that is not allowed, a missing file and an error in the file each end the start with exit status
1.`,
  },
  checkConfig: {
    type: toggle(),
    default: false,
    flags: "--check-config",
    cliOnly: true,
    summary: "Check the settings, load the app, and exit",
    text: `
Reads all settings and loads the application in a worker, but listens on nothing. Exits with 0 if that went well, else
prints the error and exits with 1. For deployment scripts: run it before a restart.`,
  },
  printConfig: {
    type: toggle(),
    default: false,
    flags: "--print-config",
    cliOnly: true,
    summary: "Print all settings and where they came from, then check as above",
    text: `
Prints every setting in alphabetical order, its value as JSON, and where the value came from (an option, a file, a
variable or the default). Then does what \`--check-config\` does.`,
  },
});
