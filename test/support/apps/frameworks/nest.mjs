/** A Nest application (on Express), its decorators applied by hand since this is not TypeScript. */

import "reflect-metadata";
import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  HttpException,
  Ip,
  Module,
  Post,
  Query,
  Redirect,
  Req,
  Res,
  StreamableFile,
  UploadedFile,
  UseInterceptors,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FileInterceptor } from "@nestjs/platform-express";
import { Readable } from "node:stream";
import { compression, describeUpload, files, logOf, LONG_TEXT, morgan, session, streamCompressed } from "./shared.mjs";
import { raw } from "./raw.mjs";

class AppController {
  root(ip) {
    return `hello from ${ip}`;
  }
  made() {
    return { a: 1 };
  }
  redirect() {}
  cookies(res) {
    res.cookie("a", "1").cookie("b", "2");
    return "cookies";
  }
  empty() {}
  stream() {
    return new StreamableFile(Readable.from([Buffer.from("a"), Buffer.from("b")]));
  }
  json(body) {
    return { received: body };
  }
  form(body) {
    return { ...body };
  }
  upload(file, body) {
    return describeUpload(file, body);
  }
  compressed() {
    return LONG_TEXT;
  }
  compressedStream(res) {
    return streamCompressed(res);
  }
  session(req) {
    req.session.count = (req.session.count ?? 0) + 1;
    return `count ${req.session.count}`;
  }
  log(mark) {
    return logOf(mark);
  }
  failSync() {
    throw new Error("sync");
  }
  async failAsync() {
    await Promise.resolve();
    throw new HttpException("async", 418);
  }
}

const passthrough = Res({ passthrough: true });
method("root", [Get("/")], [Ip()]);
method("made", [Get("/json"), HttpCode(201)]);
method("redirect", [Get("/redirect"), Redirect("/json?from=redirect")]);
method("cookies", [Get("/cookies"), Header("Vary", "Cookie")], [passthrough]);
method("empty", [Get("/empty"), HttpCode(204)]);
method("stream", [Get("/stream")]);
method("json", [Post("/json")], [Body()]);
method("form", [Post("/form")], [Body()]);
method("upload", [Post("/upload"), UseInterceptors(FileInterceptor("file"))], [UploadedFile(), Body()]);
method("compressed", [Get("/compressed"), Header("Content-Type", "text/plain")]);
method("compressedStream", [Get("/compressed/stream")], [Res()]);
method("session", [Get("/session")], [Req()]);
method("log", [Get("/log")], [Query("mark")]);
method("failSync", [Get("/fail/sync")]);
method("failAsync", [Get("/fail/async")]);
Controller()(AppController);

class AppModule {}
Module({ controllers: [AppController] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
app.use(morgan);
app.use((req, res, next) => raw(req, res) || next());
app.use("/files", files);
app.use("/compressed", compression);
app.use("/session", session);
await app.listen(0, "127.0.0.1");
if (process.env.TELL_PORT) process.stdout.write(`port ${app.getHttpServer().address().port}\n`);

// --- internal ---

function method(name, decorators, parameters = []) {
  const { prototype } = AppController;
  parameters.forEach((decorate, index) => decorate(prototype, name, index));
  for (const decorate of decorators.reverse()) {
    decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
  }
}
