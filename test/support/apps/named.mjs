export const version = "1";
export const application = (req, res) => res.end("application");
export const other = (_request) => new Response("other");
export class Thing {}
export function create_app(name = "none", options = {}) {
  return (req, res) => res.end(`${name} ${JSON.stringify(options)}`);
}
export async function createLater() {
  return { fetch: () => new Response("later") };
}
export function failing() {
  throw new RangeError("no database");
}
