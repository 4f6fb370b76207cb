/** What the uws engine remembers of the sockets it gave away. */

import { expect, test } from "vitest";
import { AdoptedSockets } from "../../../src/engines/uws/adopted-sockets.ts";

function all(sockets: AdoptedSockets): [number, number][] {
  const seen: [number, number][] = [];
  sockets.sift((fd, cookie) => seen.push([fd, cookie]) > 0);
  return seen;
}

test("a descriptor that comes again has its new socket's cookie, and high ones have room", () => {
  const sockets = new AdoptedSockets();
  for (const [fd, cookie] of [
    [7, 1],
    [70_000, 2 ** 40],
    [7, 3],
  ] as const)
    sockets.add(fd, cookie);
  expect(all(sockets)).toEqual([
    [7, 3],
    [70_000, 2 ** 40],
  ]);
});

test("what is not to be kept is forgotten, and the rest counted", () => {
  const sockets = new AdoptedSockets();
  for (let fd = 0; fd < 1000; fd++) sockets.add(fd, fd + 1);
  expect(sockets.sift((fd) => fd % 10 === 0)).toBe(100);
  expect(all(sockets)).toHaveLength(100);
  expect(sockets.sift(() => false)).toBe(0);
  expect(all(sockets)).toEqual([]);
});
