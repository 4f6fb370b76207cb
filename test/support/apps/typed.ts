import { greeting } from "./typed-part.ts";

interface Answer {
  text: string;
}

const answer: Answer = { text: greeting("TypeScript") };
export default { fetch: (): Response => new Response(answer.text) };
