/** Answers without reading the request, and prints what becomes of that. */

export default (req, res) => {
  const events = [];
  for (const event of ["aborted", "end", "close", "error"]) req.on(event, () => events.push(`req ${event}`));
  for (const event of ["finish", "close"]) res.on(event, () => events.push(`res ${event}`));
  req.on("close", () => setImmediate(() => console.log(`events: ${events.join(", ")}`)));
  res.end("ok");
};
