/** Settings about the access log and the error log. */

import { DEFAULT_ACCESS_LOG_FORMAT } from "../../base/log-format.ts";
import { FACILITIES, type Facility } from "../../base/syslog.ts";
import { section } from "../setting.ts";
import { choice, filterRules, logFormat, nonEmpty, optional, syslogAddress, toggle } from "../validators.ts";

export const logging = section("Logging", {
  accessLogfile: {
    type: optional(nonEmpty("path", "PATH")),
    default: null,
    flags: "--access-logfile",
    gunicorn: "accesslog",
    summary: "Access log: a file, or - for standard output",
    text: `
Where to write one line per request: a path, relative to \`chdir\`, or \`-\` for standard output. \`null\` (\`""\` on
the command line) writes no access log.`,
  },
  accessLogformat: {
    type: logFormat(),
    default: DEFAULT_ACCESS_LOG_FORMAT,
    flags: "--access-logformat",
    gunicorn: "access_log_format",
    summary: "Format of a line of the access log",
    text: `
The line of the access log. Each \`%(NAME)s\` stands for:

| name | value |
|---|---|
| \`h\` | remote address |
| \`l\` | \`-\` |
| \`u\` | user name of basic authentication |
| \`t\` | date and time |
| \`r\` | request line: \`GET /a?b HTTP/1.1\` |
| \`m\` | method |
| \`U\` | path without the query |
| \`q\` | query |
| \`H\` | protocol |
| \`s\` | status |
| \`B\` | bytes of the response's body |
| \`b\` | the same, \`-\` for none |
| \`f\` | \`Referer\` |
| \`a\` | \`User-Agent\` |
| \`T\` | time taken, in whole seconds |
| \`M\` | in milliseconds |
| \`D\` | in microseconds |
| \`L\` | in seconds with six decimals |
| \`p\` | process id |
| \`{NAME}i\` | a request header field |
| \`{NAME}o\` | a response header field |
| \`{NAME}e\` | a variable of the WSGI environ |

Control characters and quotes in values are escaped, so that a client cannot forge lines.`,
  },
  accessLogFilter: {
    type: filterRules(),
    default: [],
    flags: "--access-log-filter",
    summary: "Requests to leave out of the access log: path=/health* status=2xx under=100 sample=1%",
    text: `
Rules for what the access log leaves out. A rule is one or more of these words, with spaces between; a request that fits all of them is left out. The
option can be repeated, and a request that fits any of the rules is left out.

| word | fits |
|---|---|
| \`path=GLOB\` | a path without its query; \`*\` is any text, slashes too, and \`{a,b}\` one of several |
| \`status=404\`, \`status=2xx\` | a status, or a class of them |
| \`under=100\` | requests that took less than so many milliseconds |
| \`sample=1%\` | makes an exception: this share of the requests that fit is logged all the same, evenly |

\`--access-log-filter "path=/health*" --access-log-filter "status=2xx under=500 sample=1%"\` logs no health checks, one in a hundred of the answers that
are quick and fine, and everything else. Metrics count all requests, whatever is logged.`,
  },
  errorLogfile: {
    type: nonEmpty("path", "PATH"),
    default: "-",
    flags: "--error-logfile, --log-file",
    gunicorn: "errorlog",
    summary: "Error log: a file, or - for standard error",
    text: `
Where the messages of master and workers go: a path, relative to \`chdir\`, or \`-\` for standard error.`,
  },
  logFormat: {
    type: choice("text", "json"),
    default: "text",
    flags: "--log-format",
    summary: "Form of both logs: text, or json with a line of JSON each",
    text: `
\`text\` is Gunicorn's form for the error log, and \`accessLogformat\` for the access log. \`json\` writes both as lines of JSON in the shape of
[pino](https://getpino.io), which log collectors understand and \`pino-pretty\` shows; \`accessLogformat\` has no effect then. [logs.md](logs.md) shows
the fields.`,
  },
  logSyslog: {
    type: toggle(),
    default: false,
    flags: "--log-syslog",
    gunicorn: "syslog",
    restart: true,
    summary: "Send both logs to syslog",
    text: `
Sends the error log and the access log to syslog as well, as entries of RFC 3164 with the tags \`junicorn.NAME.error\` and \`junicorn.NAME.access\`. The
files stay as they are. What syslog does not take is dropped and counted, and never slows the server down. See [logs.md](logs.md).`,
  },
  logSyslogTo: {
    type: syslogAddress(),
    default: "udp://localhost:514",
    flags: "--log-syslog-to",
    gunicorn: "syslog_addr",
    summary: "Where syslog is: udp://HOST:PORT, tcp://HOST:PORT or unix://PATH",
    text: `
\`udp://HOST:PORT\`, \`tcp://HOST:PORT\` (port 514 unless given), or \`unix://PATH\`. A unix socket is asked whether it takes datagrams or a stream;
\`unix://PATH#dgram\` and \`unix://PATH#stream\` say it. The system's own is \`unix:///dev/log\`.`,
  },
  logSyslogPrefix: {
    type: optional(nonEmpty("name", "NAME")),
    default: null,
    flags: "--log-syslog-prefix",
    gunicorn: "syslog_prefix",
    summary: "Name of the server in syslog",
    text: `
What stands for NAME in the tags of entries. \`null\` is \`procName\` and, if that is not set either, the application's module.`,
  },
  logSyslogFacility: {
    type: choice(...(Object.keys(FACILITIES) as Facility[])),
    default: "user",
    flags: "--log-syslog-facility",
    gunicorn: "syslog_facility",
    summary: "Facility of entries in syslog: user, daemon, local0 and so on",
    text: `
By which syslog sorts entries: \`user\`, \`daemon\`, \`local0\` to \`local7\`, and the others of RFC 3164.`,
  },
  disableRedirectAccessToSyslog: {
    type: toggle(),
    default: false,
    flags: "--disable-redirect-access-to-syslog",
    summary: "Keep the access log out of syslog",
    text: `
With \`logSyslog\` only the error log goes to syslog.`,
  },
  captureOutput: {
    type: toggle(),
    default: false,
    flags: "--capture-output",
    summary: "Write what master and workers print to the error log's file",
    text: `
Standard output and standard error of the master and of all workers go to \`errorLogfile\`: \`console.log\`, warnings of
Node, and what native code prints. USR1 opens the file anew for this, too. It has no effect while \`errorLogfile\` is \`-\`.`,
  },
  logLevel: {
    type: choice("debug", "info", "warning", "error", "critical"),
    default: "info",
    flags: "--log-level",
    gunicorn: "loglevel",
    summary: "Least severe messages of the error log: debug, info, warning, error or critical",
    text: `
The least severe messages that are written to the error log.`,
  },
});
