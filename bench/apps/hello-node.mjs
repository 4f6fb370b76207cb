/** The smallest node application; peers serve the same bytes. */

export default function app(_req, res) {
  res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 13 });
  res.end("Hello, World!");
}
