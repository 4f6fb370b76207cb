/** Load balancers and proxies by name, and for how long each keeps an idle connection to a server. */

export interface Balancer {
  /** "nginx", or what was typed in seconds. */
  readonly name: string;
  readonly idleSeconds: number;
  /** What this time is called there, for those who would rather change it; null where nothing can be changed or is known. */
  readonly setting: string | null;
}

/** As they are unless somebody has set them otherwise. */
export const BALANCERS: ReadonlyMap<string, Balancer> = new Map(
  (
    [
      ["alb", 60, "idle_timeout.timeout_seconds"],
      ["caddy", 120, "keepalive of reverse_proxy's transport"],
      ["cloudflare", 900, null],
      ["cloudfront", 5, "origin keep-alive timeout"],
      ["elb", 60, "idle timeout"],
      ["envoy", 3600, "idle_timeout of the cluster"],
      ["gcp", 600, null],
      ["haproxy", 5, "pool-purge-delay"],
      ["heroku", 90, null],
      ["ingress-nginx", 60, "upstream-keepalive-timeout"],
      ["istio", 3600, "idleTimeout of the DestinationRule"],
      ["nginx", 60, "keepalive_timeout of the upstream"],
      ["oci", 300, null],
      ["traefik", 90, "idleConnTimeout of the serversTransport"],
    ] as const
  ).map(([name, idleSeconds, setting]) => [name, { name, idleSeconds, setting }]),
);

/** A name of the table, or seconds: "75". Null for anything else. */
export function findBalancer(text: string): Balancer | null {
  const known = BALANCERS.get(text.toLowerCase());
  if (known !== undefined) return known;
  if (!/^\d{1,6}(\.\d+)?$/.test(text)) return null;
  return { name: "the load balancer", idleSeconds: Number(text), setting: null };
}
