module.exports = (req, res) => res.end("node function");
