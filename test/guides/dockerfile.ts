/** A Dockerfile as instructions, and what is wrong with it. Only what ours use is understood: everything else is said to be wrong. */

export interface Instruction {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(text: string): Stage[] {
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = "", words = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (!INSTRUCTIONS.has(name)) throw new Error(`line ${index + 1}: ${line}`);
    if (name === "FROM") {
      const [image = "", , stage = String(stages.length)] = words.split(" ");
      stages.push({ name: stage, image, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`line ${index + 1}: no FROM before it`);
    stage.instructions.push({ name, text: words, line: index + 1 });
  }
  return stages;
}

/** What a linter would say. */
export function problemsOf(stages: readonly Stage[]): string[] {
  const problems: string[] = [];
  for (const [index, { image, instructions }] of stages.entries()) {
    if (!/^[a-z][a-z0-9./-]*:[\w.-]+$/.test(image)) problems.push(`${image}: no version`);
    for (const { name, text, line } of instructions) {
      const [, from] = /^--from=(\S+)/.exec(text) ?? [];
      const before = stages.slice(0, index).map((stage) => stage.name);
      if (name === "COPY" && from !== undefined && !before.includes(from))
        problems.push(`line ${line}: no stage ${from}`);
    }
  }
  const last = stages.at(-1)!.instructions;
  const user = last.findLast(({ name }) => name === "USER")?.text ?? "root";
  if (!/^[1-9]\d*(:[1-9]\d*)?$/.test(user)) problems.push(`USER ${user}: not a number, or root's`);
  const command = last.findLast(({ name }) => name === "CMD")?.text ?? "";
  if (!command.startsWith("[")) problems.push(`CMD ${command}: through a shell`);
  else if (/^\["(npm|npx|yarn|pnpm|sh|bash)"/.test(command)) problems.push(`CMD ${command}: not the server itself`);
  return problems;
}

// --- internal ---

const INSTRUCTIONS = new Set(["FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "STOPSIGNAL", "CMD"]);
