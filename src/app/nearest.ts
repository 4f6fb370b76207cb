/** Names close to a mistyped one. */

/** Up to three of `names`, best first, whose `key` is like that of `typed`: a slip of a few letters, or one the beginning of the other. */
export function nearest(
  typed: string,
  names: readonly string[],
  key: (name: string) => string = (name) => name,
): string[] {
  const wanted = key(typed).toLowerCase();
  return names
    .map((name) => ({ name, distance: distance(wanted, key(name).toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

// --- internal ---

/** Levenshtein's, but the common beginning of names of different length counts as close. */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  if (a.length >= 3 && b.length >= 3 && (a.startsWith(b) || b.startsWith(a))) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
