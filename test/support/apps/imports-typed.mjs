import { greeting } from "./typed-part.ts";
export default (req, res) => res.end(greeting("JavaScript"));
