/** For test/conformance/uws-shortcut-hostile.test.ts: answers at bad moments. */

const PIECE = "x".repeat(60 * 1024);
const SMALL_PIECE = "x".repeat(12 * 1024);
const waiting = new Set();

/** Those who wait get an answer that is not given as a whole. */
function tell() {
  for (const response of waiting) {
    response.write("told, ");
    response.end("whoever it was");
  }
  waiting.clear();
}

const ROUTES = {
  "/wait": (response) => {
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
  },
  "/tell": (response) => {
    response.write("I told ");
    tell();
    response.end("them");
  },
  "/piece": (response) => response.end(PIECE),
  "/small-piece": (response) => response.end(SMALL_PIECE),
  "/block": (response) => {
    const until = performance.now() + 200;
    while (performance.now() < until);
    response.end("blocked");
  },
  "/cpu": (response) => response.end(String(process.cpuUsage().user + process.cpuUsage().system)),
};

export default function app(request, response) {
  const route = ROUTES[request.url];
  if (route === undefined) response.end("hello");
  else route(response);
}

export const websocket = {
  message(peer, message) {
    peer.send(`heard ${message.text()}`);
    tell();
  },
};
