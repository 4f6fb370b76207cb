/** What a worker answers while the application cannot be loaded, in development: a page that says why. */

import type { AppHandler, Exchange } from "../http/exchange.ts";

/** Answers everything with status 500 and `problem`, as a page that needs nothing else. */
export function loadFailureApp(problem: string): AppHandler {
  const body = page(problem);
  return {
    handle: (exchange: Exchange) =>
      exchange.respond(500, "", ["Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-store"], body),
  };
}

// --- internal ---

function page(problem: string): string {
  const [headline = "", ...rest] = problem.trim().split("\n");
  const details = rest.join("\n").trim();
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The application cannot be loaded</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem; }
  h1 { font-size: 1.3rem; color: #c0392b; }
  p { overflow-wrap: anywhere; }
  pre { font: 14px/1.5 ui-monospace, monospace; padding: 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: 6px; }
  small { opacity: .7; }
</style>
<h1>The application cannot be loaded</h1>
<p>${escaped(headline)}</p>
${details === "" ? "" : `<pre>${escaped(details)}</pre>\n`}<small>Junicorn waits for a change (--reload). Load this page again when the error is mended.</small>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
