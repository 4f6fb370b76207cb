module.exports = require("./syntax.cjs");
