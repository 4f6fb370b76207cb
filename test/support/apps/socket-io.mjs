/** An unmodified Socket.IO server. */

import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer((_, res) => res.end("plain"));
const io = new Server(server);

io.on("connection", (socket) => {
  socket.on("echo", (...args) => args.pop()(...args));
  socket.on("to everybody", (text) => io.emit("news", text));
  socket.on("join", (room, done) => {
    void socket.join(room);
    done();
  });
  socket.on("to room", (room, text) => io.to(room).emit("news", text));
});

server.listen(3000);
