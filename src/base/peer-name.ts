/** How the other end of a connection is named wherever people read of it: `192.0.2.7:4711`, `[2001:db8::7]:4711`, `unix:/run/app.sock`. */

/** A port of 0 is not known. The address is "" on unix sockets, whose path may be unknown, too. */
export function peerName(address: string, port: number, unixPath: string): string {
  if (address === "") return unixPath === "" ? "unix" : `unix:${unixPath}`;
  if (port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
