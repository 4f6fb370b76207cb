/** Quantities as people read them at a glance: three digits or so, and a unit. "-" is "there is none". */

/** "0.4 s", "38 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function duration(ms: number | null): string {
  if (ms === null) return "-";
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return join(hours, "h", minutes % 60, "min");
  return join(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** For what is short as a rule: "0.08 ms", "1.2 ms", "38 ms", "1.4 s". */
export function shortTime(ms: number | null): string {
  if (ms === null) return "-";
  if (ms < 0.095) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${Math.round(ms)} ms` : duration(ms);
}

/** "512 KiB", "98 MiB", "1.2 GiB". */
export function bytes(count: number | null): string {
  if (count === null) return "-";
  let value = count;
  let unit = 0;
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]!}`;
}

/** "1,234,567". */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Per second: "0.3", "812", "12,400". */
export function rate(perSecond: number | null): string {
  if (perSecond === null) return "-";
  return perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : count(perSecond);
}

/** "99.2 %"; "0 %" only for nothing at all, "100 %" only for everything. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "-";
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return "<0.1 %";
  if (part < whole && percent > 99.9) return ">99.9 %";
  return `${percent.toFixed(part === 0 || part === whole ? 0 : 1)} %`;
}

// --- internal ---

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
