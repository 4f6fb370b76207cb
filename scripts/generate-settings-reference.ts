/** Writes docs/settings.md from the table of settings: `npm run docs:settings`. */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { settingsReference } from "./settings-reference.ts";

writeFileSync(fileURLToPath(new URL("../docs/settings.md", import.meta.url)), settingsReference());
