/** Says whether Node has loaded its own fetch, and how the classes stand to each other once it has. */

const loaded = () => process.moduleLoadList.some((name) => name.endsWith("undici/undici"));

export default {
  async fetch(request) {
    if (new URL(request.url).pathname === "/before") {
      const headers = new Headers({ "x-seen": request.headers.get("host") });
      return new Response(JSON.stringify({ loaded: loaded(), tag: {} instanceof Response }), { headers });
    }
    const nodes = await fetch("data:,hello");
    const Node = Object.getPrototypeOf(nodes).constructor;
    return Response.json({
      loaded: loaded(),
      globalIsOurs: Response !== Node,
      theirsIsOurs: nodes instanceof Response && nodes.headers instanceof Headers,
      oursIsTheirs: new Response() instanceof Node && request instanceof Request,
      text: await nodes.text(),
    });
  },
};

export const listener = (req, res) => {
  res.end(`loaded: ${loaded()}`);
};
