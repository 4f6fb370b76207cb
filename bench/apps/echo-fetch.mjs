/** Reads JSON and answers with it; anything but a POST gets an empty object. */

export default {
  async fetch(request) {
    return Response.json(request.method === "POST" ? await request.json() : {});
  },
};
