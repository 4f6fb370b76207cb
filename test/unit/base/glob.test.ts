import { expect, test } from "vitest";
import { parseGlob } from "../../../src/base/glob.ts";

test.each([
  ["views/*.html", "/app/views", ["/app/views/a.html"], ["/app/views/a/b.html", "/app/views/a.htm", "/app/a.html"]],
  ["views/**/*.html", "/app/views", ["/app/views/a.html", "/app/views/a/b/c.html"], ["/app/views/.git/a.html"]],
  ["**/*.{yml,yaml}", "/app", ["/app/a.yml", "/app/b/c.yaml"], ["/app/a.yl", "/b/a.yml"]],
  ["data/**", "/app/data", ["/app/data/a", "/app/data/a/b"], ["/app/database"]],
  ["/etc/app/[ab]?.conf", "/etc/app", ["/etc/app/a1.conf"], ["/etc/app/c1.conf", "/etc/app/a.conf"]],
  ["[!a].x", "/app", ["/app/b.x"], ["/app/a.x", "/app/bb.x"]],
  [".env", "/app/.env", ["/app/.env", "/app/.env/x"], ["/app/.env.local", "/app/env"]],
  ["../up", "/up", ["/up", "/up/a/b"], ["/upper"]],
  ["a+b/(c)*.x", "/app/a+b", ["/app/a+b/(c)d.x"], ["/app/aab/(c)d.x"]],
])("%s", (pattern, base, matching, others) => {
  const glob = parseGlob(pattern, "/app");
  expect(glob.base).toBe(base);
  for (const path of matching) expect([path, glob.matches(path)]).toEqual([path, true]);
  for (const path of others) expect([path, glob.matches(path)]).toEqual([path, false]);
});
