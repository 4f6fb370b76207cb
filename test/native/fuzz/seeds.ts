/** What the fuzzer starts from: the request corpus, and some inputs of its own that lead deep into a parser's states. */

import { invalidCases, validCases } from "../../support/request-corpus.ts";

const OWN = [
  "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
  'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n3;a=b;c="d e"\r\nabc\r\n00002\r\nde\r\n0;z\r\nX: 1\r\nY:\r\n\r\n',
  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabcGET /n HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n\r\nGET /n HTTP/1.1\r\nHost: h\r\n\r\n",
  "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\nGET /n HTTP/1.1\r\nHost: h\r\n\r\n",
  "GET http://h:80/a?b HTTP/1.1\r\nHost: [::1]:80\r\nAccept: */*\r\nExpect: 100-Continue\r\nX-Empty: \r\n\r\n",
  "PUT /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nokGET /y HTTP/1.0\r\n\r\n",
  `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(140)}0\r\n\r\n`,
];

/** What is valid comes more often, for what is refused at once leads nowhere. */
export function fuzzSeeds(): Buffer[] {
  const own = OWN.map((text) => Buffer.from(text, "latin1"));
  const valid = [...validCases().map(({ bytes }) => bytes), ...own, ...own, ...own];
  const invalid = invalidCases().map(({ bytes }) => bytes);
  return [...invalid, ...Array.from({ length: 6 }, () => valid).flat()];
}
