/** The settings reference as Markdown, made of the table. */

import { flagsOf, isSwitch, oppositesOf } from "../src/config/argv/program.ts";
import { type AnySetting, SECTIONS, type SettingName } from "../src/config/settings/index.ts";
import { fileNames } from "../src/config/sources.ts";

/** The whole text of docs/settings.md. */
export function settingsReference(): string {
  const parts = [INTRODUCTION, contents()];
  for (const { title, settings } of SECTIONS) {
    parts.push(`## ${title}`);
    for (const [name, row] of Object.entries(settings) as [SettingName, AnySetting][]) parts.push(entry(name, row));
  }
  return `${parts.join("\n\n")}\n`;
}

// --- internal ---

const INTRODUCTION = `<!-- Generated from src/config/settings/ by "npm run docs:settings". Do not edit. -->

# Settings

Settings come from five places, from the weakest to the strongest:

1. the defaults on this page;
2. variables of the environment that set a single one, such as \`WEB_CONCURRENCY\`;
3. the config file: \`--config PATH\`, else \`junicorn.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\`, \`.cjs\` or \`.json\` in the working directory;
4. \`JUNICORN_CMD_ARGS\`, a variable with options as on the command line, with quotes as in a shell;
5. the command line.

\`junicorn --print-config MODULE\` shows what came of it, and where each value came from.

A config file exports an object, or a function that returns one and may be async:

\`\`\`ts
// junicorn.config.ts
import { defineConfig } from "junicorn";

export default defineConfig({
  bind: ["0.0.0.0:8000", "unix:/run/app.sock"],
  workers: "auto",
  accessLogfile: "-",
});
\`\`\`

Instead of a setting's name here its name in Gunicorn may stand there (\`worker_class\` for \`workerClass\`). A name that is no setting is an error, and so is a
value that is not allowed. An option that takes no value has an opposite: \`--fast-fetch\` and \`--no-fast-fetch\`.

Mistakes on the command line and in \`JUNICORN_CMD_ARGS\` end the start with exit status 2, all others with 1.`;

function contents(): string {
  const names = SECTIONS.map(({ title, settings }) => {
    const links = Object.keys(settings).map((name) => `[${name}](#${name.toLowerCase()})`);
    return `- ${title}: ${links.join(", ")}`;
  });
  return names.join("\n");
}

function entry(name: SettingName, row: AnySetting): string {
  const facts: string[] = [];
  if (row.positional !== undefined) facts.push(`- Command line: the argument \`${row.positional}\``);
  if (row.flags !== undefined) facts.push(`- Command line: ${optionsOf(row).map(code).join(", ")}`);
  facts.push(row.cliOnly === true ? "- Config file: no" : `- Config file: ${fileNames(name).map(code).join(" or ")}`);
  if (row.variable !== undefined) {
    facts.push(
      `- Environment: ${code(`$${row.variable.name}`)}${row.variable.note === undefined ? "" : ` (${row.variable.note})`}`,
    );
  }
  facts.push(
    `- Type: ${row.type.label}`,
    `- Default: ${row.default === "" ? "none" : code(JSON.stringify(row.default))}`,
  );
  if (row.restart === true) facts.push("- A reload (HUP) does not change it");
  return `### ${name}\n\n${row.text.trim()}\n\n${facts.join("\n")}`;
}

/** "-w INT", "--workers INT", or "--fast-fetch", "--no-fast-fetch". */
function optionsOf(row: AnySetting): string[] {
  const flags = flagsOf(row);
  if (!isSwitch(row)) return flags.map((flag) => `${flag} ${row.type.placeholder}`);
  return [...flags, ...oppositesOf(row)];
}

function code(text: string): string {
  return `\`${text}\``;
}
