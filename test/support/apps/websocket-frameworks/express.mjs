// Hooks beside an application of the node interface, which resolve sends to some paths only.

import express from "express";

const app = express();
app.get("/", (_request, response) => response.send("plain"));
app.get("/page", (request, response) => response.send(`page ${request.headers.upgrade ?? ""}`));

export default app;

export const websocket = {
  resolve(request) {
    if (new URL(request.url).pathname !== "/echo") return;
    return { message: (peer, message) => void peer.send(message.text()) };
  },
};
