export default { fetch: () => new Response("fetch object") };
