/** Answers with what its environ says of threads and processes. */

export default (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/json"]]);
  return [JSON.stringify({ multithread: environ["wsgi.multithread"], multiprocess: environ["wsgi.multiprocess"] })];
};
