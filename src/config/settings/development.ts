/** Settings for those who write the application, and for how it is loaded. docs/development.md tells of them together. */

import { section, type SettingType } from "../setting.ts";
import { toggle } from "../validators.ts";

export const development = section("Development and loading", {
  reload: {
    type: toggle(),
    default: false,
    flags: "--reload",
    restart: true,
    summary: "Restart workers when the application's files change (development)",
    text: `
Restarts the workers whenever a file changes that the application has loaded: JavaScript, TypeScript and JSON, but nothing in
\`node_modules\`. If the application cannot be loaded, the workers answer every request with a page that says why and where, and the
server waits for the next change; it does so at its start, too. Requests that are in progress when a file changes are cut. It is made for
development: do not use it in production, where HUP and \`junicorn ctl reload\` lose nothing.`,
  },
  reloadExtraFiles: {
    type: paths(),
    default: [],
    flags: "--reload-extra-file",
    restart: true,
    summary: "File, directory or pattern that reload watches as well; may be repeated",
    text: `
Further files for \`reload\` to watch, relative to \`chdir\`: templates, \`.env\` files, data. Each is a file, a directory with all
that is in it, or a pattern such as \`views/**/*.html\` (\`*\`, \`**\`, \`?\`, \`[ab]\` and \`{a,b}\` mean what they do in shells). They need
not exist yet.`,
  },
  preloadApp: {
    type: toggle(),
    default: false,
    flags: "--preload",
    restart: true,
    summary: "Load the application once before the server starts, to fail early",
    text: `
Loads the application once in a process of its own before anything else is done; if that fails, the reason is told once and the start
ends with exit status 1. Node cannot fork a program that has been loaded, so unlike in Gunicorn workers share no memory by this; but on
Node 22.1 and newer they share a cache of compiled code, which that first process fills, and so start faster. With \`reload\` there is no preloading.`,
  },
});

// --- internal ---

/** A pattern may hold commas, so they do not separate. */
function paths(): SettingType<readonly string[], readonly string[] | string> {
  const read = (entries: readonly unknown[]): readonly string[] =>
    entries.map((entry) => {
      if (typeof entry !== "string" || entry.trim() === "") throw new Error("expected a path or a pattern");
      return entry;
    });
  return {
    label: "list of paths and patterns",
    placeholder: "PATH",
    repeatable: true,
    fromText: read,
    fromValue: (value) => read(Array.isArray(value) ? value : [value]),
  };
}
