// PEP 3333 for JavaScript: called with an environment and a function to start the answer, returns the pieces of the body.
//
//     npx junicorn examples/wsgi/app.js

import { wsgi } from "junicorn";

const TEXT = [["Content-Type", "text/plain; charset=utf-8"]];

export default wsgi((environ, startResponse) => {
  switch (`${environ.REQUEST_METHOD} ${environ.PATH_INFO}`) {
    case "GET /":
      startResponse("200 OK", TEXT);
      return ["Hello from WSGI!\n"];

    case "POST /echo": {
      const body = environ["wsgi.input"].read();
      startResponse("200 OK", [["Content-Type", "application/json"]]);
      return [JSON.stringify(JSON.parse(body.toString()))];
    }

    case "GET /stream":
      startResponse("200 OK", TEXT);
      return lines(); // each piece is sent as it comes

    case "GET /error":
      throw new Error("this route always fails");

    default:
      startResponse("404 Not Found", TEXT);
      return ["Not found\n"];
  }
});

async function* lines() {
  for (let i = 1; i <= 3; i++) {
    yield `line ${i}\n`;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
