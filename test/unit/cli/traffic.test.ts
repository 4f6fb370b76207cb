/** What an application that is measured is asked. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chosenRequests, lineOf, type RequestChoice, turnOf } from "../../../src/cli/traffic/requests.ts";
import { readTraffic } from "../../../src/cli/traffic/options.ts";
import { temporaryFolder } from "../../support/tools.ts";

async function lines(choice: RequestChoice): Promise<string[]> {
  return turnOf(await chosenRequests(choice, ".")).map(lineOf);
}

async function fromScript(source: string, name = "scenario.ts") {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), source);
  return await chosenRequests({ script: name }, folder);
}

describe("requests from options", () => {
  it("are a GET of / unless something else is said", async () => {
    expect(await lines({})).toEqual(["GET /"]);
    expect(await lines({ body: "x" })).toEqual(["POST /"]);
  });

  it("come as often as they weigh, spread evenly", async () => {
    expect(await lines({ path: ["4:/a", "2:/b"] })).toEqual(["GET /a", "GET /b", "GET /a"]);
    expect((await lines({ path: ["19:/list", "/search?q=1"] })).filter((line) => line !== "GET /list")).toHaveLength(1);
  });

  it("have header fields and a body, from a file too", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "body.json"), '{"a":1}');
    const [first] = await chosenRequests({ header: ["X-Y: z: w"], body: "@body.json" }, folder);
    expect(first?.request).toEqual({ method: "POST", path: "/", headers: { "X-Y": "z: w" }, body: '{"a":1}' });
  });

  it.each<[RequestChoice, string]>([
    [{ path: ["x"] }, '--path: "x" is not valid: expected a path that begins with /'],
    [{ path: ["0:/x"] }, '--path: "0:/x" is not valid'],
    [{ header: ["no colon"] }, '--header: "no colon" is not valid: expected NAME: VALUE'],
    [{ body: "@/nowhere" }, '--body: "@/nowhere" is not valid: the file cannot be read'],
    [{ script: "a.ts", path: ["/"] }, "--path cannot stand beside it"],
    [{ script: "/nowhere.ts" }, "/nowhere.ts"],
  ])("are refused by name: %j", async (choice, message) => {
    await expect(chosenRequests(choice, ".")).rejects.toThrow(message);
  });
});

describe("requests from a script", () => {
  it("are a list, what a function gives, or what a generator yields", async () => {
    const expected = [{ request: { method: "GET", path: "/a", headers: {}, body: undefined }, weight: 1 }];
    expect(await fromScript('export default ["/a"];')).toEqual(expected);
    expect(await fromScript('export default async () => [{ path: "/a" as string }];')).toEqual(expected);
    expect(await fromScript('export default function* () { yield "/a"; }')).toEqual(expected);
    expect(await fromScript('["/a"]', "scenario.json")).toEqual(expected);
  });

  it("send an object as JSON", async () => {
    expect(await fromScript('export default [{ path: "/a", weight: 3, headers: { x: 1 }, body: { b: 2 } }];')).toEqual([
      {
        request: {
          method: "POST",
          path: "/a",
          headers: { "Content-Type": "application/json", x: "1" },
          body: '{"b":2}',
        },
        weight: 3,
      },
    ]);
  });

  it.each([
    ["export default [];", "its list of requests is empty"],
    ["export default 4;", "its default export is no list of requests"],
    ['export default ["/a", "b"];', "request 2: path: expected a text that begins with /"],
    ['export default [{ path: "/a", url: "b" }];', "request 1: there is no url"],
    ['export default [{ path: "/a", weight: 0 }];', "request 1: weight: expected an integer"],
    ['export default [{ path: "/a", method: "get" }];', "request 1: method: expected a method"],
    ["export default function* () { for (;;) yield '/'; }", "it gives more than 1000 requests"],
    ["export default (() => { throw new Error('no token'); });", "no token"],
  ])("are refused with what is wrong: %j", async (source, problem) => {
    await expect(fromScript(source)).rejects.toThrow(problem);
  });
});

describe("the traffic", () => {
  it("is closed-loop, or at a rate with a client of its own", () => {
    expect(readTraffic({})).toMatchObject({ connections: [64], driver: "autocannon" });
    expect(readTraffic({ rate: 100 })).toMatchObject({ driver: "paced" });
    expect(() => readTraffic({ rate: 100, driver: "wrk" })).toThrow("--driver cannot stand beside it");
  });
});
