const x = require("@nobody/here");
