/** How much memory there is: the machine's, or less if a container's limit is lower. */

import { totalmem } from "node:os";

/** In bytes. */
export function totalMemory(): number {
  // 0 where there are no cgroups, and a number beyond all memory where they set no limit.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
