/** Fetch applications that are asked for hooks and have none: they serve the request as any other. */

import { expect, test } from "vitest";
import { LightRequest } from "../../../src/adapters/fetch/classes/request.ts";
import { findInAnswers } from "../../../src/websocket/from-fetch.ts";
import { requestFor } from "../../../src/websocket/upgrade-request.ts";
import { RecordingExchange } from "../../support/recording-exchange.ts";

test.each([true, false])("the body and the trailers behind it belong together (fast: %s)", async (fast) => {
  const body = [Buffer.from("body")];
  const exchange = new RecordingExchange({ method: "POST", body, trailers: ["X-Sum", "1"] });
  const light = new LightRequest(exchange);
  const find = findInAnswers(
    async (request, info) => new Response((await request.text()) + (await info.trailers).get("x-sum")),
    { fail: (_, error) => expect.unreachable(String(error)) },
  );
  expect(await find(requestFor(light, exchange, fast), exchange, light)).toBe("answered");
  expect((await exchange.finished()).bodyText).toBe("body1");
});
