/** Tells what the worker's process is like. */

import { spawn } from "node:child_process";

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/env") return Response.json(process.env);
    if (pathname === "/orphan") {
      // The shell's child outlives the shell.
      const shell = spawn("sh", ["-c", "sleep 0.2 & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
      return new Promise((resolve) => shell.stdout.once("data", (text) => resolve(new Response(text))));
    }
    return Response.json({
      pid: process.pid,
      master: process.ppid,
      uid: process.getuid(),
      gid: process.getgid(),
      groups: process.getgroups(),
      umask: process.umask(),
      title: process.title,
    });
  },
};
