import Fastify from "fastify";

const app = Fastify();
app.get("/", () => "fastify on localhost");
globalThis.fastifyAddress = await app.listen({ port: 3000 });
globalThis.fastifyApp = app;
