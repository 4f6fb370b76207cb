/** Requests in flight, in words. */

/** One that was being served. */
export interface DescribedRequest {
  readonly method: string;
  readonly target: string;
  readonly peer: string;
  readonly ageMs: number;
}

/** One line each; "" for none. The first few, so that a busy worker does not flood the log; `count` is how many there are. */
export function describeRequests(requests: readonly DescribedRequest[], count = requests.length): string {
  const lines = requests.slice(0, MOST_LISTED).map(({ method, target, peer, ageMs }) => {
    return `\n    ${method} ${target} from ${peer}, running for ${(ageMs / 1000).toFixed(1)} s`;
  });
  if (count > lines.length) lines.push(`\n    and ${count - lines.length} more`);
  return lines.join("");
}

// --- internal ---

const MOST_LISTED = 20;
