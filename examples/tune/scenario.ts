// What `junicorn tune` and `junicorn bench` ask an application, as a module: a list of requests, or a function that gives one.
//
//     npx junicorn tune --script scenario.ts server.js
//
// A request is a path, or an object with path, method, headers, body (a text, or anything else as JSON) and weight: how often
// it comes beside the others. The function is called once, so it may fetch a token first.

export default async function requests() {
  const headers = { Authorization: `Bearer ${process.env["TOKEN"] ?? "none"}` };
  return [
    { path: "/", weight: 15 },
    { path: "/reports?month=5", headers },
    { path: "/orders", weight: 4, headers, body: { item: 42, count: 1 } },
  ];
}
