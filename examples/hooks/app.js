/** An application for junicorn.config.js beside it. */

export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    return new Response(`Hello from ${pathname}\n`);
  },
};
