import { b } from "./syntax.mjs";
export default b;
