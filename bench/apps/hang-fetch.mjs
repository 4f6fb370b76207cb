/** Quick answers, and a path that never returns. */

export default {
  fetch(request) {
    if (request.url.endsWith("/hang")) for (;;);
    return new Response("Hello, World!");
  },
};
