/** Never comes back while it loads. */

function computeForEver() {
  for (;;);
}

computeForEver();

export default () => new Response();
