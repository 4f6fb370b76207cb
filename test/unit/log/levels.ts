import type { LogLevel } from "../../../src/base/errors.ts";

/** Least first. */
export const LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error", "critical"];
