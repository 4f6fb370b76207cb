/** Status, headers and bodies of plain answers, alike in every interface and class. */

import { expect, it } from "vitest";
import { exchange, request } from "../support/raw-client.ts";
import { valueOf, valuesOf } from "../support/response-parser.ts";
import { describeSubjects } from "../support/subjects.ts";

describeSubjects((subject, server) => {
  it("answers a GET with a length, a date and its name", async () => {
    const response = await exchange(server().port, request("GET /hello"));
    expect(response).toMatchObject({ status: 200, reason: "OK", httpMinor: 1, cut: false });
    expect(response.body.toString()).toBe("hello\n");
    expect(valueOf(response, "content-type")).toBe("text/plain");
    expect(valueOf(response, "server")).toMatch(/^junicorn\b/i);
    const age = Date.now() - Date.parse(valueOf(response, "date") ?? "");
    expect(Math.abs(age)).toBeLessThan(5000);
    if (!subject.keepAlive) expect(valueOf(response, "connection")).toBe("close");
  });

  it("answers HEAD with the headers of the GET and no body", async () => {
    const get = await exchange(server().port, request("GET /hello"));
    const head = await exchange(server().port, request("HEAD /hello"));
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    const fields = (response: typeof get): string[] => response.headers.map(([name]) => name.toLowerCase()).sort();
    const optional = ["content-length", "transfer-encoding"];
    expect(fields(head).filter((name) => !optional.includes(name))).toEqual(
      fields(get).filter((name) => !optional.includes(name)),
    );
  });

  it.each([204, 304])("sends a %i without a body and without framing", async (code) => {
    const response = await exchange(server().port, request(`GET /status?code=${code}`));
    expect(response).toMatchObject({ status: code, framing: "none" });
    expect(valuesOf(response, "transfer-encoding")).toEqual([]);
  });

  it.each([
    [201, "Created"],
    [404, "Not Found"],
    [503, "Service Unavailable"],
  ])("sends %i with its standard phrase", async (code, phrase) => {
    const response = await exchange(server().port, request(`GET /status?code=${code}`));
    expect(response).toMatchObject({ status: code, reason: phrase, cut: false });
  });

  it("keeps repeated Set-Cookie fields apart, in order", async () => {
    const response = await exchange(server().port, request("GET /cookies"));
    expect(valuesOf(response, "set-cookie")).toEqual(["a=1; Path=/", "b=2"]);
  });

  it("sends one Server and one Date, whoever sets them", async () => {
    const response = await exchange(server().port, request("GET /own-fields"));
    expect(valuesOf(response, "server")).toHaveLength(1);
    expect(valuesOf(response, "date")).toHaveLength(1);
  });

  it("streams an answer in chunks as the application makes them", async () => {
    const response = await exchange(server().port, request("GET /stream?count=5"));
    expect(response).toMatchObject({ framing: "chunked", cut: false });
    expect(response.chunks.length).toBeGreaterThan(1);
    expect(response.body.toString()).toBe("part 0\npart 1\npart 2\npart 3\npart 4\n");
  });

  it.runIf(subject.seesFirst)("streams to HTTP/1.0 until it closes", async () => {
    const response = await exchange(server().port, request("GET /stream?count=3 HTTP/1.0"));
    expect(response).toMatchObject({ framing: "close", cut: false });
    expect(response.body.toString()).toBe("part 0\npart 1\npart 2\n");
  });

  it.each(["/kept", "/kept-alone"])("leaves the application the bytes that it answers with (%s)", async (path) => {
    for (let turn = 0; turn < 3; turn++) {
      const response = await exchange(server().port, request(`GET ${path}`));
      expect(response.status).toBe(200);
      expect(response.body.equals(Buffer.alloc(300_000, "b"))).toBe(true);
    }
  });

  it("sends a large body whole", async () => {
    const bytes = 20_000_000;
    const response = await exchange(server().port, request(`GET /flood?bytes=${bytes}`));
    expect(response.cut).toBe(false);
    expect(response.body.length).toBe(bytes);
    expect(response.body.every((byte) => byte === 97)).toBe(true);
  });

  if (subject.interface !== "fetch") {
    it.runIf(subject.seesFirst)("sends trailers after a chunked body", async () => {
      const response = await exchange(server().port, request("GET /trailers", { TE: "trailers" }));
      expect(response).toMatchObject({ framing: "chunked", trailers: [["X-Sum", "4"]] });
      expect(valueOf(response, "trailer")).toBe("X-Sum");
      expect(response.body.toString()).toBe("body");
    });
  }
});
