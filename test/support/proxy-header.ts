/** Headers of the PROXY protocol, as proxies write them. */

import { isIP } from "node:net";

export function version1(address: string, port: number, toAddress: string, toPort: number): Buffer {
  return Buffer.from(`PROXY TCP${isIP(address)} ${address} ${toAddress} ${port} ${toPort}\r\n`);
}

export interface Changes {
  command?: number;
  family?: number;
  tlvs?: Uint8Array;
}

export function version2(
  address: string,
  port: number,
  toAddress: string,
  toPort: number,
  changes: Changes = {},
): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(port, 0);
  ports.writeUInt16BE(toPort, 2);
  const { command = 0x21, family = isIP(address) === 4 ? 0x11 : 0x21, tlvs = new Uint8Array(0) } = changes;
  const block = Buffer.concat([bytesOf(address), bytesOf(toAddress), ports, tlvs]);
  const head = Buffer.from([
    ...Buffer.from("\r\n\r\n\0\r\nQUIT\n"),
    command,
    family,
    block.length >> 8,
    block.length & 255,
  ]);
  return Buffer.concat([head, block]);
}

// --- internal ---

function bytesOf(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const before = groups[0] === "" ? [] : groups[0]!.split(":");
  const after = groups[1] === undefined || groups[1] === "" ? [] : groups[1].split(":");
  const middle = groups.length === 1 ? [] : Array<string>(8 - before.length - after.length).fill("0");
  const bytes = Buffer.alloc(16);
  [...before, ...middle, ...after].forEach((group, i) => bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * i));
  return bytes;
}
