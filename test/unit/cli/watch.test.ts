import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watch } from "../../../src/cli/status/watch.ts";

/** What a terminal is sent, and a process whose signals the test sends. */
function stage(isTTY: boolean) {
  const interrupts = new EventEmitter();
  const screen = Object.assign(new EventEmitter(), {
    isTTY,
    written: "",
    write: (text: string) => (screen.written += text),
  });
  return { screen, interrupts };
}

test("Ctrl-C ends it and leaves the terminal as it was", async () => {
  const { screen, interrupts } = stage(true);
  const over = watch(() => Promise.resolve("one\ntwo\n"), screen, interrupts);
  await Promise.resolve();
  await Promise.resolve();
  interrupts.emit("SIGINT");
  await over;
  expect(screen.written).toMatch(
    /^\x1b\[\?1049h\x1b\[\?25l\x1b\[Hone\x1b\[K\ntwo\x1b\[K\n\x1b\[J\x1b\[\?25h\x1b\[\?1049l$/,
  );
  expect(interrupts.eventNames()).toEqual([]);
});

test("so does a server that does not answer any more", async () => {
  const { screen, interrupts } = stage(true);
  await expect(watch(() => Promise.reject(new Error("gone")), screen, interrupts)).rejects.toThrow("gone");
  expect(screen.written.endsWith("\x1b[?25h\x1b[?1049l")).toBe(true);
});

test("where there is no terminal views follow one another, until the reader is gone", async () => {
  const { screen, interrupts } = stage(false);
  const over = watch(() => Promise.resolve("a view\n"), screen, interrupts);
  await Promise.resolve();
  await Promise.resolve();
  screen.emit("error", Object.assign(new Error("EPIPE"), { code: "EPIPE" }));
  await over;
  expect(screen.written).toBe("a view\n");
});
