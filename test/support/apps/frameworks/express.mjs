/** An Express 5 application in Express's own words. */

import { Readable } from "node:stream";
import express from "express";
import {
  compression,
  describeUpload,
  FILES,
  files,
  listen,
  logOf,
  LONG_TEXT,
  morgan,
  session,
  streamCompressed,
  upload,
} from "./shared.mjs";
import { raw } from "./raw.mjs";

const app = express();
app.use(morgan);
app.use("/raw", (req, res, next) => raw(req, res) || next());
app.get("/", (req, res) => res.send(`hello from ${req.ip}, ${req.protocol}://${req.hostname}`));
app.get("/json", (_req, res) => res.status(201).json({ a: 1 }));
app.get("/redirect", (_req, res) => res.redirect("/json?from=redirect"));
app.get("/cookies", (_req, res) => {
  res
    .cookie("a", "1", { httpOnly: true })
    .cookie("b", "two words", { path: "/b" })
    .append("Vary", "Cookie")
    .send("cookies");
});
app.get("/empty", (_req, res) => res.sendStatus(204));
app.get("/stream", (_req, res) => Readable.from(["a", "b", "c"]).pipe(res.type("text")));
app.get("/download", (_req, res) => res.download(`${FILES}/letters.txt`, "my letters.txt"));
app.use("/files", files);
app.post("/json", express.json(), (req, res) => res.json({ received: req.body }));
app.post("/form", express.urlencoded({ extended: false }), (req, res) => res.json({ ...req.body }));
app.post("/upload", upload, (req, res) => res.json(describeUpload(req.file, req.body)));
app.get("/compressed", compression, (_req, res) => res.type("text").send(LONG_TEXT));
app.get("/compressed/stream", compression, (_req, res) => streamCompressed(res));
app.get("/session", session, (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1;
  res.send(`count ${req.session.count}`);
});
app.get("/log", (req, res) => res.json(logOf(req.query.mark)));
app.get("/fail/sync", () => {
  throw new Error("sync");
});
app.get("/fail/async", async () => {
  throw Object.assign(new Error("async"), { status: 418 });
});
app.get("/fail/next", (_req, _res, next) => next(new Error("next")));
app.get("/fail/handled", (_req, _res, next) => next(new TypeError("handled")));
app.use((error, _req, res, next) => {
  if (error instanceof TypeError) res.status(422).json({ handled: error.message });
  else next(error);
});

listen(app);
