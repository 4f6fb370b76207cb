/** Ways for an application to end its process, or to be ended. */

const kept = [];

const ROUTES = {
  "/pid": (res) => res.end(String(process.pid)),
  "/exit": () => leaveForGood(),
  "/abort": () => process.abort(),
  "/kill-myself": () => process.kill(process.pid, "SIGKILL"),
  "/reject": (res) => {
    void Promise.reject(new TypeError("nobody awaits this"));
    res.end();
  },
  "/fill-heap": () => {
    for (;;) kept.push(Array.from({ length: 1000 }, Math.random));
  },
  "/fill-memory": () => {
    for (;;) kept.push(Buffer.alloc(4 * 2 ** 20, 1));
  },
};

function leaveForGood() {
  process.exit(7);
}

export default function app(req, res) {
  const route = ROUTES[req.url];
  if (route === undefined) res.writeHead(404).end();
  else route(res);
}
