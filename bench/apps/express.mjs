/** An Express server as people write it: runs alone, and under Junicorn. */

import express from "express";

const app = express();
app.get("/", (_req, res) => res.type("text/plain").send("Hello, World!"));
app.listen(Number(process.env.PORT), "127.0.0.1");
