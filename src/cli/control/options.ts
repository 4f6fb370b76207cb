/** The options that say which server is meant. */

import type { Command } from "commander";

export function targetOptions(command: Command): Command {
  return command
    .option("-s, --socket <PATH>", "Control socket of the server")
    .option("-p, --pid <FILE>", "Its pid file, or its process id");
}
