/** Checks of what is listened on: queues, ports, and whether anybody can get there. */

import { type Address, formatAddress, parseAddress } from "../net/address.ts";
import { fail, ok, type Result, type Subject, warn } from "./finding.ts";

const SOMAXCONN = "/proc/sys/net/core/somaxconn";
const UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
const LOCAL_PORTS = "/proc/sys/net/ipv4/ip_local_port_range";
const RESERVED_PORTS = "/proc/sys/net/ipv4/ip_local_reserved_ports";

export function checkBacklog({ settings: { backlog }, machine }: Subject): Result[] {
  const most = Number(machine.read(SOMAXCONN) ?? NaN);
  if (Number.isNaN(most)) return [ok(`backlog is ${backlog}; this kernel does not say what its limit is`)];
  if (backlog <= most) return [ok(`backlog ${backlog} is within net.core.somaxconn, ${most}`)];
  return [
    warn(
      `backlog is ${backlog}, but net.core.somaxconn is ${most}: the kernel cuts the queue to that, and drops connections beyond it`,
      `sysctl -w net.core.somaxconn=${backlog} (docker run --sysctl net.core.somaxconn=${backlog}; in Kubernetes securityContext.sysctls), or --backlog ${most}`,
    ),
  ];
}

/** Ports that only root may have, that somebody has, and that the kernel may give away. */
export function checkPorts({ settings, machine }: Subject): Result[] {
  const addresses = settings.bind.map(parseAddress);
  const found = addresses.flatMap((address) => portProblems(address, { settings, machine, behind: null }));
  // Of the files of unix sockets the check of paths speaks.
  const ports = addresses.filter(({ kind }) => kind === "tcp");
  if (found.length > 0 || ports.length === 0) return found;
  return [ok(`${ports.map(formatAddress).join(", ")}: free, and this user may have it`)];
}

export function checkReach({ settings, machine }: Subject): Result[] {
  const addresses = settings.bind.map(parseAddress);
  const container = containerKind(machine);
  if (container === null || !addresses.every((address) => address.kind === "tcp" && isLoopback(address.host)))
    return [];
  return [
    warn(
      `this is ${container}, and ${addresses.map(formatAddress).join(", ")} can be reached from inside of it only`,
      "--bind 0.0.0.0:8000, or set PORT; leave it so if a proxy runs in the same container or pod",
    ),
  ];
}

/** True if clients of other machines cannot get there. */
export function isLocal(address: Address): boolean {
  return address.kind === "unix" || (address.kind === "tcp" && isLoopback(address.host));
}

// --- internal ---

function portProblems(address: Address, { settings, machine }: Subject): Result[] {
  if (address.kind !== "tcp" || address.port === 0) return [];
  const { port } = address;
  const name = formatAddress(address);
  const results: Result[] = [];
  const first = Number(machine.read(UNPRIVILEGED) ?? 1024);
  if (port < first && machine.uid !== 0 && !mayBindLowPorts(machine.read("/proc/self/status") ?? ""))
    results.push(
      fail(
        `${name}: ports below ${first} are for root, and this is user ${machine.uid}`,
        "a port from 1024 with a proxy in front, AmbientCapabilities=CAP_NET_BIND_SERVICE or socket activation in systemd (docs/systemd.md), or start as root with --user",
      ),
    );
  const holder = machine.portHolder(port);
  if (holder.includes("(junicorn")) results.push(ok(`${name} is in use by a running Junicorn, ${holder}`));
  else if (holder !== "" && !settings.reusePort)
    results.push(fail(`${name} is in use by ${holder}`, "end that process, or --bind another port"));
  const [low = Infinity, high = -Infinity] = (machine.read(LOCAL_PORTS) ?? "").trim().split(/\s+/).map(Number);
  if (port >= low && port <= high && !isReserved(port, machine.read(RESERVED_PORTS) ?? ""))
    results.push(
      warn(
        `${name} is among the ports that the kernel gives to outgoing connections (net.ipv4.ip_local_port_range, ${low} to ${high}): one of them may have it when the server starts`,
        `a port below ${low}, or sysctl -w net.ipv4.ip_local_reserved_ports=${port}`,
      ),
    );
  return results;
}

/** CAP_NET_BIND_SERVICE is bit 10. */
function mayBindLowPorts(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & (1n << 10n)) !== 0n;
}

/** "8080,9000-9010". */
function isReserved(port: number, list: string): boolean {
  return list
    .trim()
    .split(",")
    .some((entry) => {
      const [first = NaN, last = first] = entry === "" ? [] : entry.split("-").map(Number);
      return port >= first && port <= last;
    });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function containerKind({ env, kindOf }: Subject["machine"]): string | null {
  if (env["KUBERNETES_SERVICE_HOST"] !== undefined) return "a pod of Kubernetes";
  return kindOf("/.dockerenv") !== null || kindOf("/run/.containerenv") !== null ? "a container" : null;
}
