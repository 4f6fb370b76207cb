import { setTimeout } from "node:timers/promises";

async function bootstrap() {
  await setTimeout(20);
  throw new Error("the database is down");
}
void bootstrap();
