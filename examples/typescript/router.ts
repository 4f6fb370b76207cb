/** The least a router needs: exact paths. Its fetch method makes it an app. */

type Route = (request: Request) => Response | Promise<Response>;

export class Router {
  readonly #routes = new Map<string, Route>();

  on(method: string, path: string, route: Route): void {
    this.#routes.set(`${method} ${path}`, route);
  }

  fetch = (request: Request): Response | Promise<Response> => {
    const route = this.#routes.get(`${request.method} ${new URL(request.url).pathname}`);
    return route === undefined ? new Response("Not found\n", { status: 404 }) : route(request);
  };
}
