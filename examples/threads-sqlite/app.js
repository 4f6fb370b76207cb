/**
 * One SQLite connection per thread. better-sqlite3 is synchronous: a query holds its thread, and no other.
 *
 *     npx junicorn --worker-class gthread --threads 4 --request-timeout 10 app.js
 *     curl -d 'first!' localhost:8000/notes
 *     curl localhost:8000/notes
 */

import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { onThreadExit, requestId, threadId } from "junicorn/app";

// Every thread runs this module once, so this is the thread's own connection.
const db = new Database(join(tmpdir(), "junicorn-notes.db"), { timeout: 5000 });
db.pragma("journal_mode = WAL"); // threads read while one of them writes
db.exec("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL, written_by TEXT NOT NULL)");

const list = db.prepare("SELECT id, text, written_by AS writtenBy FROM notes ORDER BY id DESC LIMIT ?");
const insert = db.prepare("INSERT INTO notes (text, written_by) VALUES (?, ?)");

// Called when the worker stops or is replaced, once no request is left in this thread.
onThreadExit(() => db.close());

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname !== "/notes") return new Response("Try /notes\n", { status: 404 });
    if (request.method === "POST") {
      const { lastInsertRowid } = insert.run(await request.text(), `thread ${threadId}, request ${requestId()}`);
      return Response.json({ id: Number(lastInsertRowid) }, { status: 201 });
    }
    return Response.json(list.all(20));
  },
};
