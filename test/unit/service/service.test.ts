/** The service: counting, telemetry, the access line, and what becomes of failures. */

import { describe, expect, test } from "vitest";
import { JunicornError } from "../../../src/base/errors.ts";
import type { Exchange } from "../../../src/http/exchange.ts";
import { Service } from "../../../src/http/service.ts";
import { NO_TELEMETRY } from "../../../src/http/telemetry.ts";
import { RecordingExchange, type RecordingOptions } from "../../support/recording-exchange.ts";
import { RecordingLog } from "../../support/recording-log.ts";

function setUp(handle: (exchange: Exchange, service: Service) => void) {
  const log = new RecordingLog();
  const events: string[] = [];
  const service = new Service({
    log,
    accessLog: { log: (exchange, ms) => events.push(`access ${exchange.status} ${ms >= 0 && ms < 60_000}`) },
    telemetry: {
      begin: (exchange) => (events.push(`begin ${exchange.target}`), 7),
      end: (row, exchange, ms) => events.push(`end ${row} ${exchange.status} ${ms >= 0 && ms < 60_000}`),
    },
  });
  service.app = { handle: (exchange) => handle(exchange, service) };
  service.onOver = () => events.push(`over ${service.inFlight}`);
  const request = (options: RecordingOptions = {}): RecordingExchange => {
    const exchange = new RecordingExchange(options);
    service.handle(exchange);
    return exchange;
  };
  return { service, log, events, request };
}

describe("an exchange", () => {
  test("gives its row back when it is upgraded, and counts as in flight until its connection closes", () => {
    const released: number[] = [];
    const ended: number[] = [];
    const service = new Service({
      log: new RecordingLog(),
      accessLog: null,
      telemetry: { begin: () => 7, end: (row) => ended.push(row), upgraded: (row) => released.push(row) - 3 },
    });
    service.app = { handle: (exchange) => service.exchangeUpgraded(exchange) };
    const exchange = new RecordingExchange({});
    service.handle(exchange);
    expect([released, ended, service.inFlight]).toEqual([[7], [], 1]);
    service.exchangeOver(exchange);
    expect([released, ended, service.inFlight]).toEqual([[7], [-2], 0]);
  });

  test("is counted, timed and logged, once each and in order", () => {
    const { service, events, request } = setUp((exchange) => exchange.respond(204, "", [], null));
    request({ target: "/x" });
    expect(events).toEqual(["begin /x", "end 7 204 true", "access 204 true", "over 0"]);
    expect(service.inFlight).toBe(0);
  });

  test("is in flight until it is over, however that comes", () => {
    const { service, request } = setUp((exchange) => exchange.start(200, "", []));
    const first = request();
    const second = request();
    expect(service.inFlight).toBe(2);
    first.end();
    expect(service.inFlight).toBe(1);
    second.clientGone();
    expect(service.inFlight).toBe(0);
  });
});

describe("ending requests from outside", () => {
  test("cancel() answers 503 and tells the application, once; another number, or one that is over, is nobody's", () => {
    const { service, log, request } = setUp(() => {});
    const first = request({ target: "/a" });
    const second = request({ target: "/b" });
    const told: string[] = [];
    second.onAbort = (reason) => told.push(reason.message);
    for (const id of [2, 2, 3]) service.cancel(id);
    expect([first.status, second.status, told.length]).toEqual([0, 503, 1]);
    expect(JSON.stringify(log.lines)).toMatch(/\/b .*cancelled by an operator/);
  });

  test("upgraded connections are no requests, though they are in flight", () => {
    const { service, request } = setUp((exchange) => {
      if (exchange.target === "/ws") service.exchangeUpgraded(exchange);
    });
    const socket = request({ target: "/ws" });
    request({ target: "/a" });
    expect([service.inFlight, service.upgrades]).toEqual([2, 1]);
    expect(service.requests.map(({ target }) => target)).toEqual(["/a"]);
    service.exchangeOver(socket);
    expect([service.inFlight, service.upgrades]).toEqual([1, 0]);
  });

  test("the limit is told of once, when so many have begun", () => {
    let reached = 0;
    const service = new Service({
      log: new RecordingLog(),
      accessLog: null,
      telemetry: NO_TELEMETRY,
      limit: { requests: 2, reached: () => reached++ },
    });
    service.app = { handle: () => {} };
    const counts = [1, 2, 3].map(() => (service.handle(new RecordingExchange({})), reached));
    expect(counts).toEqual([0, 1, 1]);
  });
});

describe("a failure", () => {
  const requestLine = "GET /a?b HTTP/1.1 from 192.0.2.1:50000";

  test("thrown by a handler is answered with 500 and logged with its stack and the request line", () => {
    const { log, request } = setUp(() => {
      throw new TypeError("bad thing");
    });
    const exchange = request({ target: "/a?b" });
    expect(exchange).toMatchObject({ status: 500, bodyText: "500 Internal Server Error\n", ended: true });
    expect(exchange.responseHeaders).toEqual(["Content-Type", "text/plain; charset=utf-8"]);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]!.level).toBe("error");
    expect(log.lines[0]!.message).toContain(`Error handling ${requestLine}\nTypeError: bad thing\n    at `);
    expect(log.lines[0]!.message).toContain("service.test.ts");
  });

  test("shows its causes", () => {
    const { log, request } = setUp((exchange, service) =>
      service.fail(exchange, new Error("outer", { cause: new Error("inner") })),
    );
    request();
    expect(log.lines[0]!.message).toMatch(/outer[^]*cause[^]*inner/);
  });

  test("of ours that is the application's fault has its stack, and its details only once", () => {
    const { log, request } = setUp((exchange, service) =>
      service.fail(
        exchange,
        new JunicornError("ERR_NO_RESPONSE", { problem: "said once" }, { cause: new Error("why") }),
      ),
    );
    request();
    expect(log.lines[0]!.message.match(/said once/g)).toHaveLength(1);
    expect(log.lines[0]!.message).toMatch(/JunicornError: said once\n {4}at [^]*\[cause\]: Error: why/);
  });

  test("that carries half of the program along is shown in a few lines", () => {
    const { log, request } = setUp((exchange, service) => {
      const config = {
        a: { b: { c: Array.from({ length: 1000 }, (_, i) => ({ i })) } },
        list: Array.from({ length: 1000 }, (_, i) => i),
      };
      service.fail(exchange, Object.assign(new Error("x"), { config }));
    });
    request();
    // How deep the stack is depends on what runs the tests.
    const lines = log.lines[0]!.message.split("\n").filter((line) => !/^ +at /.test(line));
    expect(lines.length).toBeLessThan(10);
  });

  test("after the head has left cuts the answer", () => {
    const problem = new Error("late");
    const { log, request } = setUp((exchange, service) => {
      exchange.start(200, "", []);
      exchange.write("half");
      service.fail(exchange, problem);
    });
    expect(request()).toMatchObject({ status: 200, ended: false, aborted: true, abortReason: problem });
    expect(log.lines[0]!.level).toBe("error");
  });

  test("after a complete answer is only logged", () => {
    const { log, request } = setUp((exchange, service) => {
      exchange.respond(200, "", [], "fine");
      service.fail(exchange, new Error("afterwards"));
    });
    expect(request()).toMatchObject({ status: 200, ended: true, aborted: false });
    expect(log.lines).toMatchObject([{ level: "error" }]);
  });

  test("after a complete answer that is not yet flushed leaves it alone", () => {
    const { log, request } = setUp((exchange, service) => {
      exchange.started = true;
      exchange.ended = true;
      service.fail(exchange, new Error("afterwards"));
    });
    expect(request()).toMatchObject({ status: 0, aborted: false });
    expect(log.lines).toMatchObject([{ level: "error" }]);
  });

  test.each([
    ["a string", "oops", "'oops'"],
    ["undefined", undefined, "undefined"],
    ["a null-prototype object", Object.create(null), "[Object: null prototype]"],
    [
      "an object that cannot be shown",
      new Proxy(
        {},
        {
          get() {
            throw new Error("no");
          },
          getPrototypeOf() {
            throw new Error("no");
          },
        },
      ),
      "",
    ],
    [
      "an error whose stack throws",
      Object.defineProperty(new Error("x"), "stack", {
        get() {
          throw new Error("no");
        },
      }),
      "",
    ],
  ])("may be any value: %s", (_, value, shown) => {
    const { log, request } = setUp((exchange, service) => service.fail(exchange, value));
    expect(request().status).toBe(500);
    expect(log.lines[0]!.message).toContain(shown);
  });

  test("of ours has its own status and level, and no stack when nobody's code is at fault", () => {
    const { log, request } = setUp((exchange, service) =>
      service.fail(exchange, new JunicornError("ERR_REQUEST_BODY", { problem: "bad chunk" })),
    );
    expect(request({ target: "/a?b" })).toMatchObject({ status: 400, bodyText: "400 Bad Request\n" });
    expect(log.lines).toEqual([{ level: "warning", message: `${requestLine}: malformed request body: bad chunk` }]);
  });

  test.each([
    ["our error", new JunicornError("ERR_CLIENT_GONE")],
    ["an abort", new DOMException("aborted", "AbortError")],
    ["a broken pipeline", Object.assign(new Error("premature"), { code: "ERR_STREAM_PREMATURE_CLOSE" })],
  ])("because the client has gone is for debugging only: %s", (_, error) => {
    const { log, service, request } = setUp((exchange) => exchange.start(200, "", []));
    const exchange = request();
    exchange.clientGone();
    service.fail(exchange, error);
    expect(log.lines).toMatchObject([{ level: "debug" }]);
  });

  test("that is the abort signal's reason is for debugging only, also while a half-closed client may still listen", () => {
    const reason = new JunicornError("ERR_CLIENT_GONE");
    const { log, request } = setUp((exchange, service) => {
      service.fail(
        exchange,
        Object.assign(new Error("The operation was aborted", { cause: reason }), { name: "AbortError" }),
      );
    });
    request();
    expect(log.lines).toMatchObject([{ level: "debug" }]);
  });

  test("of another kind is an error even after the client has gone", () => {
    const { log, service, request } = setUp((exchange) => exchange.start(200, "", []));
    const exchange = request();
    exchange.clientGone();
    service.fail(exchange, new TypeError("bug"));
    expect(log.lines).toMatchObject([{ level: "error" }]);
  });

  test("an abort of the application's own making is an error", () => {
    const { log, request } = setUp((exchange, service) =>
      service.fail(exchange, new DOMException("aborted", "AbortError")),
    );
    expect(request().status).toBe(500);
    expect(log.lines).toMatchObject([{ level: "error" }]);
  });

  test("names the peer of a unix socket and of IPv6", () => {
    const { log, request } = setUp((exchange, service) => service.fail(exchange, new Error("x")));
    request({ peer: { remoteAddress: "", unixPath: "/run/s" } });
    request({ peer: { remoteAddress: "::1", remotePort: 5 } });
    expect(log.lines[0]!.message).toContain("from unix:/run/s\n");
    expect(log.lines[1]!.message).toContain("from [::1]:5\n");
  });

  test("before the application is loaded answers 500", () => {
    const service = new Service({
      log: new RecordingLog(),
      accessLog: null,
      telemetry: { begin: () => -1, end: () => {} },
    });
    const exchange = new RecordingExchange();
    service.handle(exchange);
    expect(exchange.status).toBe(500);
  });
});
