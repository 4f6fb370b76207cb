/** An application that prints, in each of the ways there are. */

import { execSync } from "node:child_process";

console.log("printed while loading");

export default (request) => {
  const { pathname } = new URL(request.url);
  console.log(`printed for ${pathname}`);
  console.error(`complained for ${pathname}`);
  execSync(`echo a child for ${pathname}`, { stdio: ["ignore", "inherit", "inherit"] });
  return new Response(pathname);
};
