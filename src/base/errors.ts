/** The table of errors: message, HTTP or exit status, and log level, by code. */

export type LogLevel = "debug" | "info" | "warning" | "error" | "critical";

export interface ErrorRow {
  /** `{name}` is filled from the error's details. */
  readonly message: string;
  /** HTTP status answered for it, where one applies. */
  readonly status?: number;
  /** Exit status of the process it ends, where it does. */
  readonly exit?: number;
  readonly level: LogLevel;
}

/** Exit statuses with a meaning of their own; they stop respawn storms. */
export const ExitStatus = { OK: 0, FAILURE: 1, USAGE: 2, WORKER_BOOT: 3, APP_LOAD: 4 } as const;

export const ERRORS = {
  // settings: 2 for what was typed after `junicorn`, 1 for a file or a variable
  ERR_USAGE: { message: "{problem}", exit: 2, level: "error" },
  ERR_OPTION_VALUE: { message: "{source}: {value} is not valid: {allowed}", exit: 2, level: "error" },
  ERR_SETTING_VALUE: { message: "{source}: {value} is not valid for {name}: {allowed}", exit: 1, level: "error" },
  ERR_SETTING_UNKNOWN: { message: "{source}: there is no setting {name}{hint}", exit: 1, level: "error" },
  ERR_CONFIG_FILE: { message: "{file}: {problem}", exit: 1, level: "error" },
  ERR_NO_APP: { message: "{problem}", exit: 1, level: "error" },
  ERR_ADDRESS: { message: "{address} is not an address: {problem}", exit: 1, level: "error" },
  // start-up
  ERR_NATIVE: { message: "the native addon in {directory} does not load: {problem}", exit: 1, level: "error" },
  ERR_BIND: { message: "cannot bind {address}: {problem}", exit: 1, level: "error" },
  ERR_PIDFILE: { message: "cannot use the pidfile {file} (--pid): {problem}", exit: 1, level: "error" },
  ERR_ACCOUNT: { message: "{setting} {value}: {problem}", exit: 1, level: "error" },
  ERR_TLS: { message: "{setting}{value}: {problem}", exit: 1, level: "error" },
  ERR_HANDOVER: { message: "{variable}: {problem}", exit: 1, level: "error" },
  ERR_WORKER_BOOT: { message: "{problem}", exit: 3, level: "error" },
  ERR_APP_LOAD: { message: "{problem}", exit: 4, level: "error" },
  ERR_PRELOAD: { message: "the application cannot be loaded (preload): {problem}", exit: 1, level: "error" },
  ERR_LOG_FILE: { message: "cannot open the log file {file} ({option}): {problem}", exit: 1, level: "error" },
  // servers that are measured, and what asks them
  ERR_MEASURED_SERVER: { message: "{problem}", exit: 1, level: "error" },
  ERR_LOAD: { message: "{problem}", exit: 1, level: "error" },
  ERR_RESULTS: { message: "{file} is no file of results: {problem}", exit: 1, level: "error" },
  // the control socket: requests to it, and those who make them
  ERR_CONTROL_SOCKET: { message: "{problem}", level: "warning" },
  ERR_CONTROL_REQUEST: { message: "{problem}", status: 400, level: "debug" },
  ERR_CONTROL_NOT_FOUND: { message: "{problem}", status: 404, level: "debug" },
  ERR_CONTROL_METHOD: { message: "{path} takes {allowed}", status: 405, level: "debug" },
  ERR_CONTROL_FAILED: { message: "{problem}", status: 500, level: "debug" },
  ERR_CONTROL_UNREACHABLE: { message: "{problem}", exit: 1, level: "error" },
  ERR_CONTROL_REFUSED: { message: "{problem}", exit: 1, level: "error" },
  // the application's answers
  ERR_RESPONSE_HEADER: { message: "invalid response header {name}: {problem}", status: 500, level: "error" },
  ERR_RESPONSE_LENGTH: {
    message: "the body has {actual} bytes, Content-Length says {declared}",
    status: 500,
    level: "error",
  },
  ERR_RESPONSE_STATUS: { message: "invalid response status {status}", status: 500, level: "error" },
  ERR_REQUEST_TIMEOUT: {
    message: "no answer within the time-out: the worker is being replaced",
    status: 500,
    level: "warning",
  },
  ERR_REQUEST_DEADLINE: { message: "no answer within {seconds} s (request_timeout)", status: 504, level: "warning" },
  ERR_REQUEST_CANCELLED: { message: "cancelled by an operator", status: 503, level: "warning" },
  ERR_THREAD_ENDED: { message: "the thread that served it ended: {problem}", status: 502, level: "error" },
  ERR_REQUEST_ANSWERED: {
    message: "the request body is read after the answer, and was not here as a whole by then",
    level: "warning",
  },
  ERR_NO_RESPONSE: { message: "{problem}", status: 500, level: "error" },
  ERR_WSGI: { message: "{problem}", status: 500, level: "error" },
  ERR_SCRIPT_NAME: { message: "the request path does not start with SCRIPT_NAME {name}", status: 500, level: "error" },
  // the client
  ERR_CLIENT_GONE: { message: "the client closed the connection", level: "debug" },
  ERR_REQUEST_BODY: { message: "malformed request body: {problem}", status: 400, level: "warning" },
  ERR_REQUEST_CUT: {
    message: "the client closed the connection in the middle of the request body",
    status: 400,
    level: "debug",
  },
  ERR_REQUEST_BODY_SIZE: {
    message: "the request body is larger than {limit} bytes (limit_request_body)",
    status: 413,
    level: "warning",
  },
  ERR_REQUEST_BODY_TIMEOUT: {
    message: "nothing of the request body came for {seconds} s (body_timeout)",
    status: 408,
    level: "info",
  },
  ERR_WRITE_TIMEOUT: {
    message: "the client took nothing of the answer for {seconds} s (write_timeout)",
    level: "info",
  },
  ERR_REQUEST_TRAILERS: { message: "refused trailer fields: {problem}", status: 431, level: "warning" },
  ERR_REQUEST_HEADER: { message: "the header name {name} has an underscore", status: 400, level: "warning" },
  ERR_FORWARDED_SCHEME: {
    message: "header fields of the proxy contradict each other about the scheme",
    status: 400,
    level: "warning",
  },
  ERR_WORKER_STOPPING: { message: "the worker is stopping", status: 503, level: "info" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

export type ErrorDetails = Readonly<Record<string, string | number>>;

/** Every error of ours. Look its row up by `code`; never test classes. */
export class JunicornError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(ERRORS[code].message, details), options);
    this.code = code;
    this.details = details;
  }

  override get name(): string {
    return "JunicornError";
  }

  get row(): ErrorRow {
    return ERRORS[this.code];
  }
}

/** The row of any thrown value, if it is one of ours. */
export function rowOf(error: unknown): ErrorRow | undefined {
  return error instanceof JunicornError ? error.row : undefined;
}

// --- internal ---

function fill(template: string, details: ErrorDetails): string {
  return template.replaceAll(/\{(\w+)\}/g, (whole, key: string) => String(details[key] ?? whole));
}
