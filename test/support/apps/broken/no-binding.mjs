import { nothing } from "../named.mjs";
