// Hooks as a property of the app, and an object of a class: they are called as its methods.

class Echo {
  prefix = "echo ";

  upgrade() {
    return { headers: { "X-Prefix": this.prefix } };
  }

  message(peer, message) {
    peer.send(this.prefix + message.text());
  }
}

export default { fetch: () => new Response("plain"), websocket: new Echo() };
