/** Settings about proxies in front: who is believed, and what they may say. */

import { fieldValues, networks, variableNames } from "../proxy-validators.ts";
import { section } from "../setting.ts";
import { choice, optional } from "../validators.ts";

export const proxies = section("Proxies in front", {
  forwardedAllowIps: {
    type: networks(),
    default: ["127.0.0.1", "::1"],
    flags: "--forwarded-allow-ips",
    variable: { name: "FORWARDED_ALLOW_IPS" },
    summary: "Proxies whose word about the client is taken: addresses, networks, or *",
    text: `
Addresses and networks (\`10.0.0.0/8\`) of the proxies in front, with commas between; \`*\` is everybody, and the empty
list nobody. What any other peer says about scheme and client is left to the application. A peer on a unix socket is always
believed: the permissions of the socket file say who that may be. Only give \`*\` where nothing but the proxy can reach
this server.`,
  },
  secureSchemeHeaders: {
    type: fieldValues(),
    default: { "X-FORWARDED-PROTOCOL": "ssl", "X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on" },
    summary: "Header fields by which a proxy says that the client uses https",
    text: `
Header fields, and for each the exact value that means https, as a trusted proxy sends them. If one of them is there with
another value, the scheme is http; two that contradict each other make the request a 400. The scheme is seen in
\`request.url\` (fetch) and \`wsgi.url_scheme\`; Express and Koa have settings of their own for it (\`trust proxy\`,
\`app.proxy\`).`,
  },
  forwarderHeaders: {
    type: variableNames(),
    default: ["SCRIPT_NAME", "PATH_INFO"],
    flags: "--forwarder-headers",
    summary: "Fields with underscores that a trusted proxy may send, or *",
    text: `
Names, with underscores, of header fields that a trusted proxy may send whatever \`headerMap\` says; \`*\` is all. By
\`SCRIPT_NAME\` a proxy tells a WSGI application where it is mounted: it is taken off the front of \`PATH_INFO\`.`,
  },
  proxyProtocol: {
    type: choice("off", "v1", "v2", "auto"),
    default: "off",
    flags: "--proxy-protocol",
    bare: "auto",
    summary: "Take the client's address from the PROXY protocol: off, v1, v2 or auto",
    text: `
A load balancer that passes TCP on (HAProxy's \`send-proxy\` and \`send-proxy-v2\`, nginx's \`stream\`, AWS's Network
Load Balancer) can say before the first byte whose connection it is. \`v1\` is the text form, \`v2\` the binary one,
\`auto\` (the option alone) either. The address is that of the client for as long as the connection lasts; a WSGI
application also finds \`PROXY_PROTOCOL\`, \`PROXY_ADDR\` and \`PROXY_PORT\`.

A header that is malformed is answered 400; one from an address outside \`proxyAllowFrom\`, 403. \`LOCAL\` and
\`UNKNOWN\` headers, as health checks have them, and connections without a header are served with the address they have.`,
  },
  proxyAllowFrom: {
    type: networks(),
    default: ["127.0.0.1", "::1"],
    flags: "--proxy-allow-from",
    gunicorn: "proxy_allow_ips",
    summary: "Who may send PROXY protocol headers: addresses, networks, or *",
    text: `
Addresses and networks of the balancers that may speak the PROXY protocol; \`*\` is everybody. A peer on a unix
socket always may.`,
  },
  realIpHeader: {
    type: optional(choice("x-forwarded-for", "forwarded")),
    default: null,
    flags: "--real-ip-header",
    summary: "Header field that has the client's address: X-Forwarded-For or Forwarded",
    text: `
Where a trusted proxy writes the client's address: \`x-forwarded-for\`, or \`forwarded\` (RFC 7239). The field is read
from the right, past the addresses of \`forwardedAllowIps\`; the first other one is the client's, for the application
(\`REMOTE_ADDR\`, \`req.socket.remoteAddress\`, the fetch interface's \`remoteAddress\`), for the access log, and wherever
requests are listed; its port is not known then. Not set, the address is that of the proxy, as in Gunicorn.

Behind a unix socket or one proxy of your own this is safe; behind a content delivery network list its networks in
\`forwardedAllowIps\`, or the address will be that of its last server.`,
  },
});
