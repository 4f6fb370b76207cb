/** Says who asks, as each interface shows it. */

export const web = { fetch: (request) => Response.json({ url: request.url, address: request.ip ?? null }) };

export const plain = (req, res) => {
  res.end(JSON.stringify({ address: req.socket.remoteAddress ?? null, encrypted: req.socket.encrypted === true }));
};

export const wsgi = (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  const { REMOTE_ADDR, SCRIPT_NAME, PATH_INFO, HTTP_REMOTE_USER = null } = environ;
  const { PROXY_PROTOCOL, PROXY_ADDR, PROXY_PORT } = environ;
  const proxied = PROXY_PROTOCOL === undefined ? null : { PROXY_PROTOCOL, PROXY_ADDR, PROXY_PORT };
  const scheme = environ["wsgi.url_scheme"];
  return [JSON.stringify({ scheme, address: REMOTE_ADDR, SCRIPT_NAME, PATH_INFO, user: HTTP_REMOTE_USER, proxied })];
};
