// A chat: WebSocket hooks beside a fetch app. Nothing is imported; the hooks are those of crossws (https://crossws.h3.dev).
//
//     npx junicorn --worker-class async examples/websocket-chat/server.js

const PAGE = `<!doctype html><title>Chat</title>
<form><input name=text autofocus autocomplete=off></form><pre></pre>
<script>
  const socket = new WebSocket(location.href.replace("http", "ws"));
  socket.onmessage = ({ data }) => document.querySelector("pre").append(data + "\\n");
  document.forms[0].onsubmit = (event) => {
    event.preventDefault();
    socket.send(event.target.text.value);
    event.target.reset();
  };
</script>`;

export default {
  fetch: () => new Response(PAGE, { headers: { "Content-Type": "text/html; charset=utf-8" } }),
};

export const websocket = {
  // May refuse, by returning or throwing a Response; may choose a subprotocol; may leave notes for the other hooks.
  upgrade(request) {
    const name = new URL(request.url).searchParams.get("name") ?? `guest ${Math.floor(Math.random() * 1000)}`;
    if (name.length > 40) return new Response("a shorter name, please\n", { status: 400 });
    return { context: { name } };
  },

  open(peer) {
    peer.subscribe("chat");
    peer.send(`Welcome, ${peer.context.name}!`);
    peer.publish("chat", `${peer.context.name} has come`);
  },

  message(peer, message) {
    const line = `${peer.context.name}: ${message.text()}`;
    peer.send(line);
    peer.publish("chat", line);
  },

  close(peer) {
    peer.publish("chat", `${peer.context.name} has left`);
  },
};
