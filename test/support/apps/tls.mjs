// Tells what an application of each interface can know of a TLS connection.

export const node = (req, res) => {
  const { socket } = req;
  const { name } = socket.getCipher?.() ?? {};
  const certificate = socket.getPeerCertificate?.(true);
  res.setHeader("content-type", "application/json");
  res.end(
    JSON.stringify({
      url: req.url,
      encrypted: socket.encrypted,
      cipher: name,
      protocol: socket.getProtocol?.(),
      serverName: socket.servername,
      authorized: socket.authorized,
      resumed: socket.isSessionReused?.(),
      client: certificate?.subject?.CN,
      issuer: certificate?.issuerCertificate?.subject?.CN,
      pid: process.pid,
    }),
  );
};

async function fetch(request, info) {
  const { tls } = info;
  if (request.method === "POST") return new Response(String((await request.arrayBuffer()).byteLength));
  if (request.url.endsWith("/big")) return new Response("x".repeat(5_000_000));
  return Response.json({
    url: request.url,
    encrypted: info.encrypted,
    cipher: tls?.cipher.name,
    protocol: tls?.protocol,
    serverName: tls?.serverName,
    authorized: tls?.authorized,
    resumed: tls?.resumed,
    certificates: tls?.certificates.length,
    pid: process.pid,
  });
}

export default { fetch };

export const wsgi = (environ, startResponse) => {
  startResponse("200 OK", [["content-type", "application/json"]]);
  const names = Object.keys(environ).filter((name) => /^(HTTPS|SSL_)/.test(name));
  const variables = Object.fromEntries(names.map((name) => [name, environ[name]]));
  return [JSON.stringify({ scheme: environ["wsgi.url_scheme"], ...variables })];
};
