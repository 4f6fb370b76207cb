// A Nest app, started by the usual bootstrap(). Junicorn runs TypeScript as it is and captures the server that bootstrap() starts.
//
//     npx junicorn examples/nest/main.ts

import "reflect-metadata";
import { Readable } from "node:stream";
import { Body, Controller, Get, Header, HttpCode, Injectable, Module, Post, StreamableFile } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

@Injectable()
class GreetingService {
  greeting(): string {
    return "Hello from Nest!\n";
  }
}

@Controller()
class AppController {
  constructor(private readonly greetings: GreetingService) {}

  @Get("/")
  greet(): string {
    return this.greetings.greeting();
  }

  @Post("/echo")
  @HttpCode(200)
  echo(@Body() body: unknown): unknown {
    return body;
  }

  @Get("/stream")
  @Header("Content-Type", "text/plain")
  stream(): StreamableFile {
    return new StreamableFile(
      Readable.from([Buffer.from("line 1\n"), Buffer.from("line 2\n"), Buffer.from("line 3\n")]),
    );
  }

  @Get("/error")
  fail(): never {
    throw new Error("this route always fails");
  }
}

@Module({ controllers: [AppController], providers: [GreetingService] })
class AppModule {}

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ["error", "warn"] });
  await app.listen(process.env["PORT"] ?? 3000);
}

void bootstrap();
