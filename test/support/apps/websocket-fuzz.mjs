// Does to peers, living and dead, whatever comes to mind; the first byte of a message seeds the randomness.

/** Every peer that ever was. */
const peers = [];
const topics = ["a", "b", "c"];

export default {
  fetch: () => Response.json({ pid: process.pid, peers: peers.length, unexpected }),
};

/** Errors other than those of calls with wrong arguments. */
const unexpected = [];
const ALLOWED =
  /^(TypeError: (.* is no code that an application may close with|First argument must be a valid error code)|RangeError: (a ping carries|the reason of a close|The (message|data size) must not be greater))/;

function randomness(seed) {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function act(random) {
  const peer = peers[random(peers.length)];
  const topic = topics[random(topics.length)];
  const data = ["text", "", new Uint8Array(random(5000)), { a: 1 }, null, new ArrayBuffer(3), new Float32Array(2), 7n][
    random(8)
  ];
  const code = [undefined, 1000, 1001, 1005, 1006, 999, 3000, 4999, 70000, -1, "x"][random(11)];
  const acts = [
    () => peer.send(data, { compress: random(2) === 0 }),
    () => peer.send(data),
    () => peer.publish(topic, data),
    () => peer.publish(topic, data),
    () => peer.subscribe(topic),
    () => peer.unsubscribe(topic),
    () => peer.ping("x".repeat(random(200))),
    () => peer.ping(),
    () => random(4) === 0 && peer.close(code, "r".repeat(random(150))),
    () => random(6) === 0 && peer.terminate(),
    () => random(6) === 0 && peer.websocket.close(),
    () => peer.websocket.readyState + peer.bufferedAmount,
    () => [peer.id, peer.remoteAddress, peer.namespace, peer.request.url, peer.topics, peer.peers.size, String(peer)],
    () => peer.waitForDrain(),
  ];
  try {
    acts[random(acts.length)]();
  } catch (error) {
    if (!ALLOWED.test(String(error))) unexpected.push(error.stack);
  }
}

function storm(seed, count) {
  const random = randomness(seed);
  for (let i = 0; i < count; i++) act(random);
  setTimeout(() => {
    for (let i = 0; i < count; i++) act(random);
  }, random(5));
}

export const websocket = {
  async upgrade(request) {
    const { searchParams } = new URL(request.url);
    if (searchParams.has("late")) await new Promise((resolve) => setTimeout(resolve, 1));
  },
  open(peer) {
    peers.push(peer);
    storm(peers.length, 5);
  },
  message(_peer, message) {
    storm(message.uint8Array()[0] ?? 1, 10);
  },
  close() {
    storm(peers.length + 1, 5);
  },
  drain() {
    storm(3, 3);
  },
  error() {
    storm(4, 3);
  },
};
