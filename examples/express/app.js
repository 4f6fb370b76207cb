// An Express 5 app. It exports the app and need not listen; a file that calls app.listen() runs as well.
//
//     npx junicorn examples/express/app.js

import { Readable } from "node:stream";
import express from "express";

export const app = express();

app.use(express.json());

app.get("/", (req, res) => {
  res.send("Hello from Express!\n");
});

app.post("/echo", (req, res) => {
  res.json(req.body);
});

app.get("/stream", (req, res) => {
  res.type("text/plain");
  Readable.from(["line 1\n", "line 2\n", "line 3\n"]).pipe(res);
});

app.get("/error", () => {
  throw new Error("this route always fails");
});

// Apps mounted in apps are found like any other.
const api = express.Router();
api.get("/users/:id", (req, res) => {
  res.json({ id: Number(req.params.id) });
});
app.use("/api", api);
