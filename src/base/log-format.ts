/** The language of access log formats: `%(name)s` is an atom, `%%` a percent sign, all else stands for itself. */

export interface ParsedFormat {
  /** The constant parts: before, between and after the atoms, so one more than `names`. */
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

/** Gunicorn's: the combined format of Apache. */
export const DEFAULT_ACCESS_LOG_FORMAT = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"';

/** What is wrong with a format, as a clause ("it has …"); null if nothing is. For the check of the setting. */
export function checkAccessLogFormat(format: string): string | null {
  const control = /\p{Cc}/u.exec(format);
  if (control) return `it has a control character at position ${control.index + 1}`;
  const rest = format.replaceAll(TOKEN, (token) => " ".repeat(token.length));
  const at = rest.indexOf("%");
  if (at < 0) return null;
  const piece = format.slice(at, at + 12);
  if (format[at + 1] === "(" && !format.includes(")", at))
    return `"${piece}" at position ${at + 1} has no closing parenthesis`;
  return `"${piece}" at position ${at + 1} is neither %(name)s nor %%`;
}

export function parseFormat(format: string): ParsedFormat {
  const problem = checkAccessLogFormat(format);
  if (problem !== null) throw new TypeError(`access log format: ${problem}`);
  const literals: string[] = [];
  const names: string[] = [];
  let literal = "";
  let end = 0;
  for (const match of format.matchAll(TOKEN)) {
    literal += format.slice(end, match.index);
    end = match.index + match[0].length;
    const name = match[1];
    if (name === undefined) {
      literal += "%";
    } else {
      literals.push(literal);
      names.push(name);
      literal = "";
    }
  }
  literals.push(literal + format.slice(end));
  return { literals, names };
}

// --- internal ---

const TOKEN = /%%|%\(([^()]*)\)s/g;
