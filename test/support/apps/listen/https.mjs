import https from "node:https";
import net from "node:net";

net.createServer().listen(0); // no server of ours to capture
https.createServer({}, (req, res) => res.end("https")).listen(3443, "127.0.0.1");
