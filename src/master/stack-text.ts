/** JavaScript stacks as the log shows them. */

/** The frames down to the application's outermost: how a request came to it is no news. All of them if none is the application's. */
export function withoutOurs(stack: string): string {
  const frames = stack.split("\n");
  const outermost = frames.findLastIndex((frame) => !frame.includes(OURS) && !frame.includes("node:"));
  return frames.slice(0, outermost < 0 ? frames.length : outermost + 1).join("\n");
}

/** With a title, each frame on a line of its own. */
export function indentStack(stack: string): string {
  return `JavaScript stack:\n${stack.replaceAll(/^ *(?:at )?/gm, "  at ")}`;
}

/** The same as a part of a record; "" for no stack. */
export function describeStack(stack: string): string {
  return stack === "" ? "" : `\n${indentStack(stack).replaceAll(/^/gm, "  ")}`;
}

// --- internal ---

/** Where this package's code is, as stacks name it. */
const OURS = new URL("..", import.meta.url).href;
