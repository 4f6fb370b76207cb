import gone from "./gone.mjs";
