// Exports nothing, listens nowhere.
globalThis.loadedNothing = true;
