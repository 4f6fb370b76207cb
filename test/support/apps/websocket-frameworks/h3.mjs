// h3 hands out its hooks on the answer to the upgrade request; nothing is exported beside the app.

import { defineWebSocketHandler, H3 } from "h3";

const app = new H3();
const seen = [];

app.use("/guarded/**", (event) => {
  if (event.req.headers.get("authorization") === null) return new Response("not you", { status: 401 });
});

app.get("/", () => "plain");
app.get("/seen", () => seen);

app.get(
  "/chat/:room",
  defineWebSocketHandler((event) => {
    const { room } = event.context.params;
    return {
      upgrade: () => ({ headers: { "X-Room": room } }),
      open(peer) {
        peer.subscribe(room);
        peer.send(`welcome to ${room}`);
      },
      message(peer, message) {
        peer.publish(room, message.text());
        peer.send(`you said ${message.text()}`);
      },
      close: (_peer, { code }) => void seen.push(code),
    };
  }),
);

app.get("/guarded/echo", defineWebSocketHandler({ message: (peer, message) => void peer.send(message.text()) }));

export default app;
