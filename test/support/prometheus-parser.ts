/** A strict reader of the Prometheus text format 0.0.4: what a scraper would forgive is an error here. */

export interface ParsedFamily {
  type: string;
  help: string;
  samples: ParsedSample[];
}

export interface ParsedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Families by name. Throws at the first line that is not as it must be. */
export function parsePrometheus(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, ParsedFamily>();
  const seen = new Set<string>();
  let current: [name: string, family: ParsedFamily] | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    const fail = (problem: string): never => {
      throw new Error(`${problem}: ${line}`);
    };
    const head = /^# (HELP|TYPE) ([a-z][a-z0-9_]*) (.+)$/.exec(line);
    if (head !== null) {
      const [, kind, name = "", rest = ""] = head;
      if (kind === "HELP") {
        if (families.has(name)) fail("a family comes twice");
        current = [name, { type: "", help: rest, samples: [] }];
        families.set(...current);
      } else {
        if (current?.[0] !== name || current[1].samples.length > 0) fail("TYPE is not right after HELP");
        if (!["counter", "gauge", "histogram"].includes(rest)) fail("no such type");
        current![1].type = rest;
      }
      continue;
    }
    const [, name = "", labelText, value = ""] =
      /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail("not a sample");
    if (current === null || current[1].type === "") return fail("a sample before its TYPE");
    const suffixes = current[1].type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!suffixes.some((suffix) => name === current![0] + suffix)) fail(`not a sample of ${current[0]}`);
    if (seen.has(`${name}{${labelText}}`)) fail("a series comes twice");
    seen.add(`${name}{${labelText}}`);
    if (!/^(NaN|[+-]Inf|[+-]?\d+(\.\d+)?(e[+-]?\d+)?)$/.test(value)) fail("not a number");
    const sample = { name, labels: parseLabels(labelText ?? "", fail), value: Number(value) };
    if (current[1].type !== "gauge" && !(sample.value >= 0)) fail("a counter below 0");
    current[1].samples.push(sample);
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

// --- internal ---

function parseLabels(text: string, fail: (problem: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [whole, name, value] =
      /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest) ?? fail("malformed labels");
    if (name! in labels) fail("a label comes twice");
    labels[name!] = value!.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function check(name: string, { type, help, samples }: ParsedFamily): void {
  if (type === "" || help === "") throw new Error(`${name} has no type or no help`);
  if ((type === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${type}`);
  if (type !== "histogram") return;
  const buckets = samples.filter((sample) => sample.name.endsWith("_bucket"));
  const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Infinity : Number(labels["le"])));
  if (bounds.at(-1) !== Infinity) throw new Error(`${name} has no bucket +Inf`);
  buckets.forEach(({ value }, at) => {
    if (at > 0 && (bounds[at]! <= bounds[at - 1]! || value < buckets[at - 1]!.value))
      throw new Error(`${name}: buckets shrink at ${bounds[at]}`);
  });
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
  if (count !== buckets.at(-1)!.value) throw new Error(`${name}_count is not the bucket +Inf`);
}
