/** Lists the tests that failed once and passed then: a run that passes with some of them has found something to look into. */

import type { Reporter, TestCase } from "vitest/node";

export default class RetriedReporter implements Reporter {
  readonly #retried: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky === true) this.#retried.push(test);
  }

  onTestRunEnd(): void {
    if (this.#retried.length === 0) return;
    process.stderr.write(`Passed only when tried again, ${this.#retried.length}:\n`);
    for (const test of this.#retried)
      process.stderr.write(
        `  ${test.project.name} ${test.module.relativeModuleId} > ${test.fullName}\n${reasons(test.result())}`,
      );
  }
}

// --- internal ---

function reasons({ errors = [] }: { readonly errors?: readonly { readonly message: string }[] | undefined }): string {
  return errors.map(({ message }) => `    ${message.slice(0, MOST_CHARACTERS)}\n`).join("");
}

const MOST_CHARACTERS = 2000;
