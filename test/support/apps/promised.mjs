export default Promise.resolve((req, res) => res.end("promised"));
