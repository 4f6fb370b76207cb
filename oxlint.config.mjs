/**
 * The linter's settings. The table LAYERS is the house's rule of who may import whom (see docs/architecture.md);
 * test/lint/layers.test.ts lints a deliberate violation of each row. oxlint knows no look-ahead, and a negated pattern
 * beside `allowTypeImports` lets imports through, so each row becomes a list of what it may *not* import: everything that is not allowed.
 */

/**
 * layer → what it may import of src/. "net/address.ts" allows one file; "type:…" allows it for types only.
 * A folder of src/ that has no row here fails the layers test.
 */
export const LAYERS = {
  base: [],
  "native-parser.ts": [],
  "native.ts": ["base", "native-parser.ts"],
  net: ["base", "native.ts"],
  config: ["base", "net/address.ts", "type:tls/material.ts"],
  tls: ["base"],
  ipc: ["base", "native.ts", "type:tls/material.ts", "type:http/telemetry.ts", "type:http/exchange.ts"],
  http: ["base"],
  engines: ["base", "net", "http", "tls", "native.ts"],
  adapters: ["base", "http"],
  app: ["base", "http", "adapters"],
  websocket: ["base", "http", "adapters"],
  workers: [
    "base",
    "http",
    "engines",
    "app",
    "websocket",
    "ipc",
    "net",
    "tls",
    "native.ts",
    "type:config/settings/index.ts",
  ],
  metrics: ["base", "net", "ipc"],
  master: ["base", "net", "ipc", "metrics", "tls", "native.ts", "type:config/settings/index.ts"],
  measure: ["base", "net/address.ts"],
  entry: ["base", "ipc", "workers", "app", "http", "measure", "config/file/worker-hooks.ts"],
  doctor: ["base", "net", "config", "master", "tls", "native.ts", "engines/choose.ts", "engines/uws/binding.ts"],
  tune: ["base", "measure/statistics.ts"],
  cli: ["base", "config", "master", "doctor", "measure", "tune"],
  "app-context.ts": ["base"],
  "worker.ts": ["workers", "engines", "http"],
  "index.ts": ["base", "config", "http", "app", "adapters", "websocket", "workers"],
};

/** Packages and modules that belong to one place: pattern → the files of src/ that may import it. */
export const PACKAGES = {
  "^uWebSockets\\.js$|^@uwsjs/": ["src/engines/uws/**"],
  "^piscina$": ["src/workers/gthread.ts", "src/entry/thread.ts"],
  "^(node:)?child_process$": ["src/master/**", "src/measure/**"],
  "^autocannon$": ["src/measure/**"],
  "^chokidar$": ["src/master/**"],
  "^(prom-client|hot-shots)$": ["src/metrics/**"],
  "^node-gyp-build$": ["src/native.ts"],
  // These are other doors to process.env, process.exit and console.
  "^(node:)?(process|console|cluster)$": [],
};

/** Members of globals that belong to one place: [object, property, the files that may use it]. */
const GLOBALS = [
  // The binary of uWebSockets is told things through the environment only, and the C library some.
  ["process", "env", ["src/config/sources.ts", "src/engines/uws/binding.ts", "src/base/arenas.ts"]],
  ["process", "exit", ["src/cli/**", "src/entry/**"]],
];

/** Spellings that would walk around the patterns of `deny`. */
const DETOURS = [
  { regex: "^/|^file:|^\\./\\.|[^./]/\\.\\.?/", message: "spell imports as ./file.ts or ../folder/file.ts" },
  { regex: "^(\\.\\./)+(src|dist|test|bench|scripts|native)/", message: "src/ imports only src/" },
  {
    regex: "^(node:)?http$",
    allowTypeImports: true,
    message: "importing it loads Node's fetch: see src/base/node-http.ts",
  },
];

/** @type {import("oxlint").OxlintConfig} */
export default {
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "node", "promise", "vitest"],
  env: { node: true, es2024: true },
  options: { typeAware: true, denyWarnings: true },
  ignorePatterns: ["dist", "native/build*", "coverage", "test/support/apps/broken", "examples/**/node_modules"],
  categories: { correctness: "error" },
  rules: {
    eqeqeq: "error",
    "no-var": "error",
    "prefer-const": "error",
    "no-shadow-restricted-names": "error",
    "import/no-cycle": "error",
    "unicorn/prefer-node-protocol": "error",
    "typescript/no-explicit-any": "error",
    "typescript/consistent-type-imports": [
      "error",
      { fixStyle: "inline-type-imports", disallowTypeAnnotations: false },
    ],
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": ["error", { checksVoidReturn: false }],
    "typescript/await-thenable": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    // A copy to iterate over, while what is done may change the list.
    "unicorn/no-useless-spread": "off",
    "typescript/no-meaningless-void-operator": "off",
    // Control characters are our trade.
    "no-control-regex": "off",
    // Records of functions are spelled as methods here; the rule cannot tell them from classes.
    "typescript/unbound-method": "off",
    // A suite over many subjects declares tests in loops and branches, and checks in functions that they share.
    "vitest/no-conditional-tests": "off",
    "vitest/no-conditional-expect": "off",
    "vitest/no-standalone-expect": "off",
    "vitest/expect-expect": "off",
    "vitest/valid-title": "off",
    "vitest/require-to-throw-message": "off",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
  },
  overrides: [
    {
      files: ["src/**"],
      rules: {
        "import/no-default-export": "error",
        "no-console": "error",
        "max-lines": ["error", { max: 250, skipBlankLines: true }],
      },
    },
    { files: ["src/cli/**"], rules: { "no-console": "off" } },
    { files: ["bench/**", "scripts/**"], rules: { "max-lines": ["error", { max: 250, skipBlankLines: true }] } },
    ...globalOverrides(),
    ...layerOverrides(),
  ],
};

// --- internal ---

/** A later override replaces an earlier one, so each file set below gets its whole rule at once. */
function layerOverrides() {
  const owned = [...new Set(Object.values(PACKAGES).flat())];
  return Object.keys(LAYERS).flatMap((layer) => {
    const files = layer.endsWith(".ts") ? `src/${layer}` : `src/${layer}/**`;
    const inside = owned.filter((owner) => owner.startsWith(`src/${layer}/`) && owner !== files);
    return [files, ...inside].map((target) => ({
      files: [target],
      rules: { "no-restricted-imports": ["error", { patterns: patternsFor(layer, target) }] },
    }));
  });
}

function patternsFor(layer, files) {
  const packages = Object.entries(PACKAGES)
    .filter(([, owners]) => !owners.includes(files))
    .map(([regex, owners]) => ({ regex, message: `only in ${owners.join(", ") || "no file of src/"}` }));
  return [
    ...packages,
    ...DETOURS,
    ...Object.keys(LAYERS).flatMap((other) => (other === layer ? [] : deny(layer, other))),
  ];
}

function deny(layer, other) {
  const message = `${layer} may not import ${other}`;
  const target = `^(\\.\\./)+${escape(other)}`;
  const allowed = LAYERS[layer];
  if (allowed.includes(other)) return [];
  if (other.endsWith(".ts")) {
    // From the root files of src/ another root file is "./index.ts".
    return [{ regex: `^(\\./|(\\.\\./)+)${escape(other)}$`, message }];
  }
  const root = layer.endsWith(".ts") ? `^\\./${escape(other)}` : target;
  const exceptions = allowed.filter((entry) => entry.replace("type:", "").startsWith(`${other}/`));
  if (layer === "index.ts" || layer === "native.ts" || exceptions.length === 0)
    return [{ regex: `${root}(/|$)`, message }];
  const names = exceptions.map((entry) => entry.replace("type:", "").slice(other.length + 1));
  const typeOnly = exceptions
    .filter((entry) => entry.startsWith("type:"))
    .map((entry) => entry.slice(`type:${other}/`.length));
  return [
    { regex: `${root}(/${anythingBut(names)})?$`, message: `${message}, but for ${names.join(", ")}` },
    ...typeOnly.map((name) => ({
      regex: `${root}/${escape(name)}$`,
      allowTypeImports: true,
      message: `${message}/${name} but for its types`,
    })),
  ];
}

/** A pattern for every text that is none of `names`, without look-ahead: a prefix of a name, then something else. */
function anythingBut(names) {
  const prefixes = new Set(names.flatMap((name) => Array.from(name, (_, length) => name.slice(0, length))));
  const ways = [...prefixes].map((prefix) => {
    const next = names
      .filter((name) => name.startsWith(prefix) && name.length > prefix.length)
      .map((name) => escapeInClass(name[prefix.length]));
    return `${escape(prefix)}([^${[...new Set(next)].join("")}].*)?`;
  });
  return `(${[...ways, ...names.map((name) => `${escape(name)}.+`)].join("|")})`;
}

function globalOverrides() {
  const all = GLOBALS.map(([object, property]) => ({ object, property }));
  const owners = [...new Set(GLOBALS.flatMap(([, , files]) => files))];
  const rule = (list) => ({ "no-restricted-properties": ["error", ...list] });
  return [
    { files: ["src/**"], rules: rule(all.map((entry) => ({ ...entry, message: "see GLOBALS in oxlint.config.mjs" }))) },
    ...owners.map((owner) => ({
      files: [owner],
      rules: rule(
        GLOBALS.filter(([, , files]) => !files.includes(owner)).map(([object, property]) => ({
          object,
          property,
          message: "see GLOBALS in oxlint.config.mjs",
        })),
      ),
    })),
  ];
}

function escape(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function escapeInClass(character) {
  return /[\]\\^-]/.test(character) ? `\\${character}` : character;
}
