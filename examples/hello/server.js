// The smallest complete app: a web-standard fetch handler, without dependencies.
//
//     npx junicorn examples/hello/server.js

const routes = {
  "GET /": () => new Response("Hello from Junicorn!\n"),

  // What was sent as JSON comes back.
  "POST /echo": async (request) => Response.json(await request.json()),

  // A body that comes over time: a line every 100 ms. It stops when the client goes away.
  "GET /stream": (request) => {
    const lines = async function* () {
      for (let i = 1; i <= 5 && !request.signal.aborted; i++) {
        yield new TextEncoder().encode(`line ${i}\n`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    return new Response(ReadableStream.from(lines()), { headers: { "Content-Type": "text/plain" } });
  },

  // Junicorn logs the stack with the request, and answers 500.
  "GET /error": () => {
    throw new Error("this route always fails");
  },
};

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    const route = routes[`${request.method} ${pathname}`];
    return route ? route(request) : new Response("Not found\n", { status: 404 });
  },
};
