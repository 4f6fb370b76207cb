/** An application whose loading keeps the thread busy for a moment. */

console.log("loading");
const until = performance.now() + 400;
while (performance.now() < until);

export default () => new Response("here\n");
