/** Text as HTML and SVG. */

/** What comes from outside (names, error texts of servers) must not become markup. */
export function escape(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, (character) => (character === "\n" ? "\n" : "\uFFFD"))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

type Attributes = Readonly<Record<string, string | number>>;

/** An element; `content` is markup already. */
export function element(name: string, attributes: Attributes = {}, content = ""): string {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escape(typeof value === "number" ? String(Math.round(value * 10) / 10) : value)}"`,
  );
  return `<${name}${list.join("")}>${content}</${name}>`;
}

/** A drawing with a name and what it says in words, for those who do not see it. */
export function drawing(size: { width: number; height: number }, name: string, words: string, content: string): string {
  const told = `<title>${escape(name)}</title><desc>${escape(words)}</desc>`;
  const attributes = {
    viewBox: `0 0 ${size.width} ${Math.round(size.height)}`,
    role: "img",
    "aria-label": `${name}. ${words}`,
  };
  return element("svg", attributes, told + content);
}
