/**
 * Express gives every request and response the prototypes of its app (`app.request`, `app.response`) by `Object.setPrototypeOf`, which costs V8 more
 * than all the rest of a request. So they are made with these prototypes in place, and setting them again changes nothing.
 */

import { IncomingMessage, ServerResponse } from "../../base/node-http.ts";
import type { LinkedRequest, LinkedResponse } from "./link.ts";
import { leadThrough } from "./prototype-chain.ts";
import { attachRequest, NodeRequest } from "./request.ts";
import { attachResponse, NodeResponse } from "./response.ts";
import type { ExchangeSocket } from "./socket.ts";

/** Makes the request and the response of one exchange. */
export interface MessageClasses {
  readonly Request: new (socket: ExchangeSocket) => IncomingMessage;
  readonly Response: new (request: IncomingMessage, socket: ExchangeSocket) => ServerResponse;
}

interface ExpressLike {
  request: object;
  response: object;
}

/** The plain ones, for handlers that leave prototypes alone. */
export const PLAIN: MessageClasses = { Request: NodeRequest, Response: NodeResponse };

/** Classes for a handler: an Express app (or a connect-like one built the same way) gets its own. */
export function classesFor(listener: unknown): MessageClasses {
  if (!isExpressLike(listener)) return PLAIN;
  class AppRequest extends NodeRequest {}
  class AppResponse extends NodeResponse {}
  if (!leadThrough(listener.request, IncomingMessage.prototype, NodeRequest.prototype)) return PLAIN;
  if (!leadThrough(listener.response, ServerResponse.prototype, NodeResponse.prototype)) return PLAIN;
  // V8 makes instances of a class fast, and of a function with a foreign prototype slow. So the classes' own prototypes go in front of the
  // app's: what the app or its users add to the old ones, now or later, is seen through them.
  listener.request = putBefore(AppRequest.prototype, listener.request);
  listener.response = putBefore(AppResponse.prototype, listener.response);
  return { Request: AppRequest, Response: AppResponse };
}

/**
 * The Express app that gave `response` its prototype, where it was not the handler itself but called by it. Of mounted apps the outermost:
 * the others pass its prototypes on.
 */
export function appBehind(response: object): unknown {
  let app: unknown;
  for (let object: object | null = response; object !== null; object = Object.getPrototypeOf(object) as object | null) {
    const owner = Object.getOwnPropertyDescriptor(object, "app")?.value as unknown;
    if (isExpressLike(owner) && owner.response === object) app = owner;
  }
  return app;
}

/** Classes given to `http.createServer({ IncomingMessage, ServerResponse })` are used as they are, and tied to the exchange. */
export function classesOf(server: object, listener: unknown): MessageClasses {
  const Request = classOption<typeof IncomingMessage>(server, "IncomingMessage");
  const Response = classOption<typeof ServerResponse>(server, "ServerResponse");
  if ((!Request || Request === IncomingMessage) && (!Response || Response === ServerResponse))
    return classesFor(listener);
  return {
    Request: Request === undefined || Request === IncomingMessage ? NodeRequest : customRequest(Request),
    Response: Response === undefined || Response === ServerResponse ? NodeResponse : customResponse(Response),
  };
}

// --- internal ---

function isExpressLike(listener: unknown): listener is ExpressLike {
  if (typeof listener !== "function") return false;
  const { request, response } = listener as Partial<ExpressLike>;
  return (
    typeof request === "object" &&
    request instanceof IncomingMessage &&
    typeof response === "object" &&
    response instanceof ServerResponse
  );
}

function putBefore(prototype: object, own: object): object {
  Object.setPrototypeOf(prototype, own);
  for (const key of Reflect.ownKeys(own))
    Object.defineProperty(prototype, key, Object.getOwnPropertyDescriptor(own, key)!);
  return prototype;
}

/** Node keeps the two options under symbols of these names. */
function classOption<Class>(server: object, name: string): Class | undefined {
  const key = Object.getOwnPropertySymbols(server).find((symbol) => symbol.description === name);
  return key === undefined ? undefined : (server as Record<symbol, Class>)[key];
}

function customRequest(Custom: typeof IncomingMessage): MessageClasses["Request"] {
  return class extends Custom {
    constructor(socket: ExchangeSocket) {
      super(undefined as never);
      attachRequest(this as unknown as LinkedRequest, socket);
    }
  };
}

function customResponse(Custom: typeof ServerResponse): MessageClasses["Response"] {
  const tied = leadThrough(Custom.prototype, ServerResponse.prototype, NodeResponse.prototype);
  if (!tied)
    throw new TypeError("the ServerResponse class given to http.createServer() does not extend http.ServerResponse");
  return class extends Custom {
    constructor(request: IncomingMessage, socket: ExchangeSocket) {
      super(request);
      attachResponse(this as unknown as LinkedResponse, socket);
    }
  };
}
