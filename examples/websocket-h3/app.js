// An h3 app with a WebSocket route. Nothing need be exported besides: h3 hands out the hooks when it is asked.
//
//     npx junicorn --worker-class async examples/websocket-h3/app.js

import { defineWebSocketHandler, H3 } from "h3";

const app = new H3();

app.get("/", () => "Connect a WebSocket to /rooms/NAME\n");

app.get(
  "/rooms/:room",
  defineWebSocketHandler((event) => {
    const { room } = event.context.params;
    return {
      open(peer) {
        peer.subscribe(room);
        peer.send(`Welcome to ${room}!`);
      },
      message(peer, message) {
        peer.publish(room, message.text());
      },
    };
  }),
);

export default app;
