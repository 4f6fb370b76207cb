exports.app = (req, res) => res.end("package");
