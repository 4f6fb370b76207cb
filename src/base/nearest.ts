/** The real names somebody may have meant by a mistyped one. */

/** The nearest of `candidates`, or undefined if none is near. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  return nearNames(typed, candidates)[0];
}

/**
 * Up to three of `candidates`, nearest first: those with a few letters wrong, and those that begin like it. Case, hyphens and underscores do not
 * count. Of a candidate, `key` is what is compared.
 */
export function nearNames(
  typed: string,
  candidates: Iterable<string>,
  key: (candidate: string) => string = (candidate) => candidate,
): string[] {
  const wanted = plain(typed);
  // A third of the letters may be wrong: "wrokers" is near "workers", "port" is not near "bind".
  const most = Math.max(1, Math.floor(wanted.length / 3));
  return [...candidates]
    .map((name) => ({ name, distance: distance(wanted, plain(key(name))) }))
    .filter((candidate) => candidate.distance <= most)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}

// --- internal ---

const MOST_NAMES = 3;

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** That "app" begins like "application" counts as one letter wrong. */
function distance(a: string, b: string): number {
  const letters = editDistance(a, b);
  const oneBegins = Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
  return oneBegins ? Math.min(letters, 1) : letters;
}

/** Letters to insert, delete, replace or swap with their neighbour to make `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace, swap));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
