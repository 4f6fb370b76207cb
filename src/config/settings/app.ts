/** Settings about the application: what it is and how it is spoken to. */

import { section } from "../setting.ts";
import { choice, nonEmpty, toggle } from "../validators.ts";

export const app = section("Application", {
  app: {
    type: nonEmpty("MODULE[:EXPORT]", "MODULE[:EXPORT]"),
    default: "",
    gunicorn: "wsgi_app",
    positional: "MODULE[:EXPORT]",
    summary: "The application: a file or package, and which of its exports",
    text: `
The application: a module, as a path relative to \`chdir\` or a package's name, and after a colon which of its exports
to serve. Without an export the first that exists of \`default\`, \`app\`, \`application\`, \`handler\` and \`server\`
is taken; a module that exports none of these but calls \`.listen()\` is served as it is. \`MODULE:create()\` and
\`MODULE:create('production')\` call a factory, which may be async.

It is the argument of \`junicorn\` that stands without an option, and required unless the config file has it. Exit
status 4 says that it could not be loaded.`,
  },
  interface: {
    type: choice("auto", "fetch", "node", "wsgi"),
    default: "auto",
    flags: "--interface",
    summary: "What the application is: auto, fetch, node or wsgi",
    text: `
How the application is called. \`fetch\`: \`(request) => Response\` or an object with a \`fetch\` method. \`node\`:
\`(req, res)\`, or an \`http.Server\`. \`wsgi\`: \`(environ, startResponse) => iterable\`. \`auto\` tells the first
two apart by the object's shape (a \`fetch\` method; an \`http.Server\`; the number of parameters) and takes for
\`wsgi\` what was wrapped in \`wsgi()\`. Set it when a function's parameters mislead, as with \`(...args)\`.`,
  },
  fastFetch: {
    type: toggle(),
    default: true,
    flags: "--fast-fetch",
    summary: "Junicorn's light Request, Response and Headers as globals in workers",
    text: `
Workers replace the globals \`Request\`, \`Response\` and \`Headers\` by lighter classes that behave the same and cost
a fraction of Node's to build; \`instanceof\` holds both ways and Node's own objects are still accepted. Turn it off
(\`--no-fast-fetch\`) if a library depends on the internals of Node's classes. With \`--interface node\` or \`wsgi\` there is
no such thing, and from Node 22 on a worker then takes some 5 MiB less: it does not load Node's own classes either.`,
  },
});
