/** The language of access log filters: `path=/health* status=2xx`, `under=100 sample=1%`. */

/** Requests that fit all of it are left out, but for the share `keep`. Null: fits any. */
export interface FilterRule {
  readonly path: string | null;
  /** From the first to the last. */
  readonly status: readonly [first: number, last: number] | null;
  /** Milliseconds, exclusive. */
  readonly under: number | null;
  readonly keep: number;
}

/** Throws an Error whose message says what is allowed. */
export function parseFilterRule(text: string): FilterRule {
  const rule = { path: null, status: null, under: null, keep: 0 } as {
    -readonly [Key in keyof FilterRule]: FilterRule[Key];
  };
  const seen = new Set<string>();
  for (const word of text.trim().split(/\s+/)) {
    const [, key = "", value = ""] = /^([a-z]+)=(.+)$/.exec(word) ?? [];
    if (seen.has(key)) throw new Error(`${key}= stands twice in ${JSON.stringify(text)}: ${ALLOWED}`);
    seen.add(key);
    switch (key) {
      case "path":
        if (!/^[/*{]/.test(value)) throw new Error(`a path begins with / or *, and ${JSON.stringify(value)} does not`);
        rule.path = value;
        break;
      case "status":
        rule.status = parseStatus(value);
        break;
      case "under":
        if (!/^\d+(\.\d+)?(ms)?$/.test(value)) throw new Error(`under= takes milliseconds, such as under=100`);
        rule.under = Number.parseFloat(value);
        break;
      case "sample":
        rule.keep = parseShare(value);
        break;
      default:
        throw new Error(`${JSON.stringify(word)} is not understood: ${ALLOWED}`);
    }
  }
  return rule;
}

// --- internal ---

const ALLOWED = "expected words of path=GLOB, status=2xx, under=MILLISECONDS and sample=PERCENT%";

function parseStatus(text: string): readonly [number, number] {
  const [, digits = "", rest = ""] = /^([1-5]\d{0,2})(x{0,2})$/i.exec(text) ?? [];
  if (digits.length + rest.length !== 3) throw new Error("status= takes one such as 404, or a class such as 2xx");
  return [Number(digits.padEnd(3, "0")), Number(digits.padEnd(3, "9"))];
}

function parseShare(text: string): number {
  const share = /^\d+(\.\d+)?%$/.test(text)
    ? Number.parseFloat(text) / 100
    : /^(0?\.\d+|[01])$/.test(text)
      ? Number(text)
      : 2;
  if (share > 1) throw new Error("sample= takes the share that is logged all the same, such as 1% or 0.01");
  return share;
}
