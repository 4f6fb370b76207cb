/** Answers a stream whose request is refused before there is an exchange. */

import type { ServerHttp2Stream } from "node:http2";
import { errorAnswer } from "../../http/error-page.ts";
import { ruleOf, type RuleName } from "../../http/rules.ts";
import { statusPhrase } from "../../http/status.ts";
import { answerFields } from "./answer-fields.ts";
import type { H2Host } from "./host.ts";

export function answerRefusal(
  stream: ServerHttp2Stream,
  { head, serverHeader }: H2Host,
  name: RuleName,
  isHead: boolean,
): void {
  const { status, reason } = ruleOf(name);
  const { headers, body } = errorAnswer(status, `${statusPhrase(status)}: ${reason}`);
  stream.respond(answerFields(head, serverHeader, status, headers, Buffer.byteLength(body), isHead));
  stream.end(isHead ? undefined : body);
}
