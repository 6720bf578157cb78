// The passages that the Generate tab has shown, so that undo can go back to earlier ones. A reload
// keeps them.

import { STORAGE } from "../page/runtime.js";
import { readStored, writeStored } from "../page/web_storage.js";

const MAX_PASSAGES = 20; // that undo can go back to
export const BLANK = { id: "", state: "blank", prefix: "", text: "", tint: "", columns: null };

// A passage is what stream.py sends. A blank one stands before the first: it has no id.
export function passageHistory() {
  const blank = { ...BLANK };
  let { passages, position } = restored();

  const current = () => (position < 0 ? blank : passages[position]);

  function change(changes) {
    if (position < 0) Object.assign(blank, changes);
    else passages[position] = { ...current(), ...changes };
  }

  // Takes in a passage: a newer state of the current one, or another one, which follows it. One
  // without an id has a problem that came before the first passage. Returns whether another began.
  function put(passage) {
    if (!passage.id) {
      position = -1;
      blank.problem = passage.problem;
      return false;
    }
    if (passage.id === current().id) {
      passages[position] = passage;
      return false;
    }
    passages = [...passages.slice(0, position + 1), passage].slice(-MAX_PASSAGES);
    position = passages.length - 1;
    blank.problem = null;
    return true;
  }

  function clearProblem() {
    blank.problem = null;
    if (current().problem) change({ problem: null });
  }

  function keep() {
    writeStored("sessionStorage", STORAGE.passages, { pages: passages, at: position });
  }

  return {
    current,
    change,
    put,
    clearProblem,
    keep,
    isBlank: () => position < 0,
    isLast: () => position >= passages.length - 1,
    move(step) {
      position = Math.max(-1, Math.min(passages.length - 1, position + step));
    },
  };
}

// Returns the passages from before a reload and the position of the current one, -1 for a blank one.
function restored() {
  const { pages, at } = readStored("sessionStorage", STORAGE.passages) ?? {};
  if (!Array.isArray(pages) || !(at === -1 || pages[at])) return { passages: [], position: -1 };
  const passages = pages.map((passage) =>
    passage.state === "writing" ? { ...passage, state: "stopped" } : passage,
  );
  return { passages, position: at };
}
