import http from "node:http";
import { setTimeout } from "node:timers/promises";

async function bootstrap() {
  await setTimeout(60);
  http.createServer((req, res) => res.end("later")).listen(3000, "127.0.0.1");
}
void bootstrap();
