// Exports its application, and listens some time after it was loaded.
const http = require("node:http");
const app = (req, res) => res.end("exported");
module.exports = app;
globalThis.listenNow = () => http.createServer(app).listen(3000);
