// TypeScript runs as it is, and so do the TypeScript files it imports. There is no build step.
//
//     npx junicorn examples/typescript/app.ts
//     npx junicorn 'examples/typescript/app.ts:createApp("Bonjour")'      (a factory, called with a literal)

import { Router } from "./router.ts";

interface Greeting {
  readonly greeting: string;
  readonly name: string;
}

/** Makes an app that greets as asked. */
export function createApp(greeting = "Hello"): Router {
  const router = new Router();

  router.on("GET", "/", (request) => {
    const name = new URL(request.url).searchParams.get("name") ?? "TypeScript";
    const answer: Greeting = { greeting, name };
    return new Response(`${answer.greeting} from ${answer.name}!\n`);
  });

  router.on("POST", "/echo", async (request) => Response.json(await request.json()));

  router.on("GET", "/error", () => {
    throw new Error("this route always fails");
  });

  return router;
}

export default createApp();
