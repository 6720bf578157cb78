// The passages that the Generate tab has shown, so that undo can go back to earlier ones. A reload
// keeps them.

import { STORAGE } from "../page/runtime.js";

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
    try {
      sessionStorage.setItem(STORAGE.passages, JSON.stringify({ pages: passages, at: position }));
    } catch (error) {
      console.warn("texts are not kept across a reload:", error.name);
    }
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

function restored() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORAGE.passages)) ?? { pages: [], at: -1 };
    const passages = kept.pages.map((passage) =>
      passage.state === "writing" ? { ...passage, state: "stopped" } : passage,
    );
    return { passages, position: kept.at };
  } catch {
    sessionStorage.removeItem(STORAGE.passages);
    return { passages: [], position: -1 };
  }
}
