/** Settings about TLS. */

import { section } from "../setting.ts";
import { certReqs, sniCerts, tlsVersion } from "../tls-validators.ts";
import { nonEmpty, optional, text } from "../validators.ts";

export const tls = section("SSL", {
  certfile: {
    type: optional(nonEmpty("path", "FILE")),
    default: null,
    flags: "--certfile",
    summary: "Certificate, with its chain; connections are TLS then",
    text: `
A file in PEM form: the server's certificate, followed by those between it and the authority (certbot's
\`fullchain.pem\`). With it all addresses of \`bind\` speak TLS, and nothing else. The master reads the file, as the user it
was started as, and watches it: a new certificate is taken for new connections without a restart. See [tls.md](tls.md).`,
  },
  keyfile: {
    type: optional(nonEmpty("path", "FILE")),
    default: null,
    flags: "--keyfile",
    summary: "The certificate's private key",
    text: `
A file in PEM form. Without this setting the key is looked for in the file of \`certfile\`. Only the user that starts the
master has to be able to read it, not the one of \`user\`.`,
  },
  keyPassphrase: {
    type: optional(text("passphrase", "TEXT")),
    default: null,
    variable: { name: "JUNICORN_KEY_PASSPHRASE" },
    secret: true,
    summary: "Passphrase of encrypted keys",
    text: `
For keys that are encrypted, all of them. There is no option for it, because everybody on the machine can read command
lines. \`--print-config\` does not show it.`,
  },
  keyPassphraseFile: {
    type: optional(nonEmpty("path", "FILE")),
    default: null,
    flags: "--key-passphrase-file",
    summary: "File with the passphrase of encrypted keys",
    text: `
A file that holds the passphrase and nothing else; a line break at its end does not count. It wins over
\`keyPassphrase\`.`,
  },
  caCerts: {
    type: optional(nonEmpty("path", "FILE")),
    default: null,
    flags: "--ca-certs",
    summary: "Authorities that clients' certificates must come from",
    text: `
A file in PEM form, with one or several certificates of authorities. Needed where \`certReqs\` is not \`none\`, and not used
otherwise.`,
  },
  certReqs: {
    type: certReqs(),
    default: "none",
    flags: "--cert-reqs",
    summary: "Ask clients for certificates: none, optional or required",
    text: `
\`optional\`: clients may show a certificate, and one that is not valid ends the connection. \`required\`: a client without a valid one
is not served. What a client has shown is in \`req.socket.getPeerCertificate()\`, \`info.tls\` (fetch) and \`SSL_CLIENT_*\`
(WSGI). Gunicorn's 0, 1 and 2 mean the same.`,
  },
  ciphers: {
    type: optional(nonEmpty("list of ciphers", "CIPHERS")),
    default: null,
    flags: "--ciphers",
    summary: "Ciphers, in OpenSSL's words",
    text: `
Names with colons between, as \`openssl ciphers\` has them. Not set, they are Node's (\`tls.DEFAULT_CIPHERS\`), which are a good choice.`,
  },
  sslVersion: {
    type: tlsVersion(),
    default: "TLSv1.2",
    flags: "--ssl-version",
    summary: "Oldest version of TLS that is spoken: TLSv1.2 or TLSv1.3",
    text: `
The *oldest* version; newer ones are always spoken. \`TLSv1\` and \`TLSv1.1\` also need weaker \`ciphers\`
(\`DEFAULT@SECLEVEL=0\`). Of Gunicorn's values, \`TLS\`, \`TLS_SERVER\` and \`SSLv23\` mean the default.`,
  },
  sniCert: {
    type: sniCerts(),
    default: [],
    flags: "--sni-cert",
    summary: "One more certificate, for clients that ask for its names; may be repeated",
    text: `
\`[NAMES=]CERT[,KEY]\`: \`--sni-cert shop.pem,shop.key\` is for the names in the certificate,
\`--sni-cert "a.example.com+*.b.example.com=c.pem"\` for these, with the key in the same file. \`*\` stands for one label. In a
config file also \`{ names: ["shop.example.com"], certfile: "shop.pem", keyfile: "shop.key" }\`. Clients that ask for another name, or for none,
get that of \`certfile\`, or the first of these.`,
  },
});
