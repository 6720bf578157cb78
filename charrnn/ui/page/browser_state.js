// What the browser remembers of a visitor: the model chosen in the Generate tab, the visitor's own runs,
// and the models opened from elsewhere. Gradio's events bring it to the server (browser_state.py).

import { emit, listen, MAX_REMEMBERED, STORAGE } from "./runtime.js";
import { kept } from "./storage.js";

let usedModel; // the key of the model that was to be used last

// Resolves when the dropdown of the Generate tab has its first model, which would take the place of one
// that is used before.
export const dropdownReady = new Promise((resolve) => listen("charrnn-dropdown-ready", resolve));
export const noteDropdownReady = () => emit("charrnn-dropdown-ready");

export function setUsedModel(key) {
  usedModel = key;
}

// An event's values with what is remembered as the last of them.
export function readState(...values) {
  const state = { chosen: null, runs: [], opened: [], used: usedModel };
  try {
    state.chosen = sessionStorage.getItem(STORAGE.model) ?? localStorage.getItem(STORAGE.model);
    state.runs = JSON.parse(localStorage.getItem(STORAGE.runs) ?? "[]");
    state.opened = JSON.parse(localStorage.getItem(STORAGE.opened) ?? "[]");
  } catch (denied) {
    console.info("nothing is remembered:", denied.name);
  }
  return [...values.slice(0, -1), state];
}

// The visitor has chosen a model; one from the Hub, or a file, is among what they have opened. The choice
// is kept for each browser tab, since the text of a tab is too, and for the browser, where a new tab
// begins.
export function saveModel(key) {
  try {
    for (const storage of [sessionStorage, localStorage]) storage.setItem(STORAGE.model, key);
    const opened = JSON.parse(localStorage.getItem(STORAGE.opened) ?? "[]");
    if (!/\/|^upload-/.test(key) || opened.includes(key)) return;
    localStorage.setItem(STORAGE.opened, JSON.stringify([key, ...opened].slice(0, MAX_REMEMBERED)));
    emit("charrnn-opened-changed");
  } catch (denied) {
    console.info("the choice is not remembered:", denied.name);
  }
}

// The visitor has a run: the latest comes first, and one looked at again stays in its place.
export function saveRun(run) {
  if (!run) return;
  try {
    const runs = JSON.parse(localStorage.getItem(STORAGE.runs) ?? "[]");
    if (runs.includes(run)) return;
    localStorage.setItem(STORAGE.runs, JSON.stringify([run, ...runs].slice(0, MAX_REMEMBERED)));
    emit("charrnn-runs-changed");
  } catch (denied) {
    console.info("the run is not remembered:", denied.name);
  }
}

// A run is about to begin: its id is made here and kept before the server hears of it, so that a
// connection that is cut meanwhile loses nothing. An event brings the id as the last of its values.
export function newRun(...values) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const run = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.setItem(STORAGE.pendingRun, run);
  } catch (denied) {
    console.info("the run is not remembered:", denied.name);
  }
  return [...values.slice(0, -1), { run }];
}

// An event's values with, as the last of them, the run that was begun last, if the page has not shown it
// since, and the ids of all runs that this browser began.
export function pendingRun(...values) {
  const runs = kept(STORAGE.runs);
  let run = null;
  try {
    run = localStorage.getItem(STORAGE.pendingRun);
  } catch (denied) {
    console.info("nothing is remembered:", denied.name);
  }
  return [...values.slice(0, -1), { run: runs.includes(run) ? null : run, runs }];
}
