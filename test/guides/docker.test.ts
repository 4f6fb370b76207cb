/** deploy/Dockerfile, done by hand on a clean machine: its steps, and then its command as process 1 of a user who is not root. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { ROOT } from "../support/junicorn.ts";
import { poll } from "../support/poll.ts";
import { problemsOf, readDockerfile, type Instruction } from "./dockerfile.ts";
import { Machine, noMachine } from "./machine.ts";

const text = readFileSync(join(ROOT, "deploy", "Dockerfile"), "utf8");
const ignored = readFileSync(join(ROOT, "deploy", ".dockerignore"), "utf8");
const why = noMachine();

test("it is as Dockerfiles should be", () => {
  expect(problemsOf(readDockerfile(text))).toEqual([]);
  const bad = text
    .replace(/^USER.*/m, "USER root")
    .replace("--from=build", "--from=builder")
    .replace("CMD [", "CMD ");
  expect(problemsOf(readDockerfile(bad))).toHaveLength(3);
});

test(`its steps make a server that runs as process 1${why && ` (skipped: ${why})`}`, async (context) => {
  context.skip(why !== "", why);
  const machine = new Machine(inject("guidesInstalled"));
  context.onTestFinished(() => machine.destroy());
  const does = async (commands: string): Promise<string> => {
    const { code, output } = await machine.run(commands);
    expect(code, `${commands}\n${output}`).toBe(0);
    return output.trim();
  };

  // The context: a project that npm has installed before.
  await does(
    "mkdir /srv/context && cd /srv/context && npm init --yes && npm pkg set type=module && npm install junicorn",
  );
  await machine.write("server.js", "export default () => new Response(`${process.getuid()}\\n`);\n");
  await machine.write(".dockerignore", ignored);
  await does("mkdir .git && echo secret > .env && cp -r . /srv/sent && cd /srv/sent && mkdir /srv/root");
  await does(
    ignored
      .split("\n")
      .filter((line) => /^[^#]/.test(line))
      .map((glob) => `rm -rf ${glob}`)
      .join("\n"),
  );

  for (const { name, instructions } of readDockerfile(text)) {
    const root = `/srv/stages/${name}`;
    await does(`mkdir -p ${root} && cd ${root}`);
    for (const instruction of instructions) await does(replay(instruction, root));
  }
  expect(await does("ls -A")).not.toMatch(/\.env|\.git|Dockerfile/);

  const last = readDockerfile(text).at(-1)!.instructions;
  const value = (name: string): string => last.findLast((one) => one.name === name)!.text;
  const [user, group] = value("USER").split(":");
  const command = (JSON.parse(value("CMD")) as string[]).map((word) => `'${word}'`).join(" ");
  const container = `unshare --pid --fork --mount-proc --kill-child setpriv --reuid ${user} --regid ${group} --clear-groups`;
  const environment = `env -i PATH="$PATH" HOME=/home/node ${value("ENV")}`;
  await does(`${container} ${environment} ${command} > /tmp/log 2>&1 & container=$!`);
  await poll(async () => (await does("cat /tmp/log")).includes("ready after"), { what: "the server", interval: 100 });
  expect(await does(`curl http://127.0.0.1:${value("EXPOSE")}/`)).toBe(user);
  expect(await does(`curl http://127.0.0.1:${value("EXPOSE")}/healthz`)).toBe("ok");
  expect(await does("cat /tmp/log")).toMatch(/\[1\] \[INFO\] Listening at/);
  expect(await does("cat /tmp/log")).not.toMatch(/WARN|ERROR/);

  // As `docker stop` does.
  const signal = value("STOPSIGNAL").slice(3);
  expect(await does(`kill -${signal} $(pgrep -P $container) && wait $container && echo ended`)).toMatch(/ended$/);
});

// --- internal ---

/** What an instruction does, in the folder that stands for the stage's working directory. */
function replay({ name, text: words, line }: Instruction, root: string): string {
  if (["ENV", "USER", "EXPOSE", "STOPSIGNAL", "CMD"].includes(name)) return ":";
  if (name === "WORKDIR") return `mkdir -p ${root}${words} && cd ${root}${words}`;
  if (name === "RUN") return words;
  const parts = words.split(" ").filter((word) => !word.startsWith("--"));
  const target = parts.pop();
  const [, stage] = /^--from=(\S+)/.exec(words) ?? [];
  const sources = parts.map((part) => (stage ? `/srv/stages/${stage}${part}/.` : `/srv/sent/${part}`));
  if (target !== "./" && target !== ".") throw new Error(`line ${line}: only COPY to ./ is understood here`);
  return `cp -r ${sources.map((source) => source.replace(/\/\.$/, "/.")).join(" ")} .`;
}
