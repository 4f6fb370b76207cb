/** Why a request is refused before any application sees it: status and one-line reason by rule name. */

export interface Rule {
  /** 0: there is no request to answer. */
  readonly status: number;
  /** Plain text for the client, without a full stop. Says what is wrong, never echoes input. */
  readonly reason: string;
}

/** Rule names are the parser's (`native().parserRules`) and the engines' own; a test holds the two in step. */
export const RULES = {
  // before HTTP
  "bad-proxy-header": { status: 400, reason: "the header of the PROXY protocol is malformed" },
  "proxy-not-allowed": { status: 403, reason: "a header of the PROXY protocol from an address that may not send one" },
  "plain-on-tls": { status: 400, reason: "this port speaks TLS, and the request was sent without: use https" },
  // limits
  "request-line-too-long": { status: 414, reason: "the request line is longer than limit_request_line" },
  "too-many-fields": { status: 431, reason: "there are more header fields than limit_request_fields" },
  "field-too-long": { status: 431, reason: "a header field is longer than limit_request_field_size" },
  "header-list-too-large": { status: 431, reason: "the header fields are larger than http2_max_header_list_size" },
  "head-too-long": { status: 431, reason: "the request head is too long" },
  "body-too-large": { status: 413, reason: "the request body is larger than limit_request_body" },
  "chunk-extension-too-long": { status: 400, reason: "the extensions of a chunk are too long" },
  "header-timeout": { status: 408, reason: "the request head did not arrive in time" },
  // request line
  "bad-method": { status: 400, reason: "the method is not valid" },
  "bad-target": { status: 400, reason: "the request target is not valid" },
  "bad-version": { status: 400, reason: "the HTTP version is not 1.0 or 1.1" },
  "http2-preface": { status: 400, reason: "HTTP/2 is not spoken here" },
  "bad-request-line": { status: 400, reason: "the request line is malformed" },
  // fields
  "bad-field-name": { status: 400, reason: "a header name is not valid" },
  "bad-field-value": { status: 400, reason: "a header value has a forbidden character" },
  "space-before-colon": { status: 400, reason: "white space before the colon of a header field" },
  "obsolete-folding": { status: 400, reason: "a header field is folded over several lines" },
  "bare-lf": { status: 400, reason: "a line does not end in CRLF" },
  "missing-host": { status: 400, reason: "the Host header is missing" },
  "repeated-host": { status: 400, reason: "the Host header is repeated" },
  "host-contradiction": { status: 400, reason: "the Host header is not what :authority says" },
  "bad-host": { status: 400, reason: "the Host header is not valid" },
  "repeated-content-type": { status: 400, reason: "the Content-Type header is repeated" },
  "underscore-in-field-name": { status: 400, reason: "a header name has an underscore" },
  "expectation-failed": { status: 417, reason: "the expectation is not 100-continue" },
  // framing
  "content-length-with-transfer-encoding": { status: 400, reason: "Content-Length and Transfer-Encoding together" },
  "repeated-content-length": { status: 400, reason: "Content-Length is repeated" },
  "bad-content-length": { status: 400, reason: "Content-Length is not a number" },
  "transfer-encoding-not-chunked": { status: 400, reason: "the final transfer coding is not chunked" },
  "unsupported-transfer-coding": { status: 501, reason: "the transfer coding is not supported" },
  "chunked-in-http-1.0": { status: 400, reason: "Transfer-Encoding in an HTTP/1.0 request" },
  "body-in-connect": { status: 400, reason: "a CONNECT request with a body" },
  "bad-chunk": { status: 400, reason: "the chunked body is malformed" },
  "forbidden-trailer": { status: 400, reason: "a field that is not allowed in a trailer" },
  "data-after-close": { status: 400, reason: "data after the last request of the connection" },
  // HTTP/2: what ends a stream, with RST_STREAM instead of a status
  "http2-malformed": { status: 0, reason: "the request is malformed by the rules of HTTP/2" },
  "http2-header-list": {
    status: 0,
    reason: "the header fields are more than http2_max_header_list_size or limit_request_fields allows by far",
  },
  "http2-flow-control": { status: 0, reason: "more was sent, or is to be sent, than flow control allows" },
  "http2-streams": { status: 0, reason: "more requests at once than http2_max_concurrent_streams" },
  "http2-more-resets": { status: 0, reason: "more streams of the session were reset" },
  // and what ends a whole session, with GOAWAY
  "http2-protocol-error": { status: 0, reason: "the HTTP/2 session is broken" },
  "http2-resets": { status: 0, reason: "streams are opened and reset too fast" },
  "http2-refusals": { status: 0, reason: "too many requests that had to be refused" },
  "http2-pings": { status: 0, reason: "too many PING frames" },
  "http2-settings": { status: 0, reason: "too many SETTINGS frames" },
  malformed: { status: 400, reason: "the request is malformed" },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

/** The row of a rule; an unknown name counts as `malformed`, so that a refusal always has an answer. */
export function ruleOf(name: string): Rule {
  return Object.hasOwn(RULES, name) ? RULES[name as RuleName] : RULES.malformed;
}
