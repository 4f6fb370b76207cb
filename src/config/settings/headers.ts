/** Settings about what header fields mean. */

import { section } from "../setting.ts";
import { choice } from "../validators.ts";

export const headers = section("Headers", {
  headerMap: {
    type: choice("drop", "refuse", "dangerous"),
    default: "drop",
    flags: "--header-map",
    summary: "Fields whose names CGI cannot tell apart: drop, refuse or dangerous",
    text: `
What to do with header fields whose names change in a WSGI environ or CGI, where \`X_Forwarded_For\` and
\`X-Forwarded-For\` are the same variable: a client could forge what a proxy sets. \`drop\` leaves names with
underscores out silently, \`refuse\` answers 400, \`dangerous\` passes them on. Only names are concerned, and only
where they become variables: what a trusted proxy says of the scheme by such a name (\`secureSchemeHeaders\`) has been
read before, and \`refuse\` lets it pass where \`forwarderHeaders\` has it, too.`,
  },
});
