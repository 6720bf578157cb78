// What the browser stores: the model chosen on the Generate tab, the user's own runs, and the
// models opened from the Hub or from files. Gradio's events send it to the server
// (browser_state.py).

import { emit, listen, MAX_REMEMBERED, randomId, STORAGE } from "./runtime.js";
import { kept } from "./list_tools.js";

let usedModel; // the key of the model that the user asked to generate with last

// Resolves when the dropdown of the Generate tab has its first model. A model selected before that
// would be replaced by it.
export const dropdownReady = new Promise((resolve) => listen("charrnn-dropdown-ready", resolve));
export const noteDropdownReady = () => emit("charrnn-dropdown-ready");

export function setUsedModel(key) {
  usedModel = key;
}

// Returns an event's values, with what is stored as the last of them.
export function readState(...values) {
  const state = { chosen: null, runs: [], opened: [], used: usedModel };
  try {
    state.chosen = sessionStorage.getItem(STORAGE.model) ?? localStorage.getItem(STORAGE.model);
    state.runs = JSON.parse(localStorage.getItem(STORAGE.runs) ?? "[]");
    state.opened = JSON.parse(localStorage.getItem(STORAGE.opened) ?? "[]");
  } catch (error) {
    console.info("nothing is remembered:", error.name);
  }
  return [...values.slice(0, -1), state];
}

// Stores the chosen model, and adds a model from the Hub or from a file to the opened ones. The
// choice is stored for the browser tab, as its text is, and for the browser, for new tabs.
export function saveModel(key) {
  try {
    for (const storage of [sessionStorage, localStorage]) storage.setItem(STORAGE.model, key);
    const opened = JSON.parse(localStorage.getItem(STORAGE.opened) ?? "[]");
    if (!/\/|^upload-/.test(key) || opened.includes(key)) return;
    localStorage.setItem(STORAGE.opened, JSON.stringify([key, ...opened].slice(0, MAX_REMEMBERED)));
    emit("charrnn-opened-changed");
  } catch (error) {
    console.info("the choice is not remembered:", error.name);
  }
}

// Adds a run to the list of runs, as the first. A run that is listed already stays in its place.
export function saveRun(run) {
  if (!run) return;
  try {
    const runs = JSON.parse(localStorage.getItem(STORAGE.runs) ?? "[]");
    if (runs.includes(run)) return;
    localStorage.setItem(STORAGE.runs, JSON.stringify([run, ...runs].slice(0, MAX_REMEMBERED)));
    emit("charrnn-runs-changed");
  } catch (error) {
    console.info("the run is not remembered:", error.name);
  }
}

// Makes the id of a new run, and returns an event's values with the id as the last of them. It is
// stored before it is sent, so that a run whose request lost its connection is found again.
export function newRun(...values) {
  const run = randomId();
  try {
    localStorage.setItem(STORAGE.pendingRun, run);
  } catch (error) {
    console.info("the run is not remembered:", error.name);
  }
  return [...values.slice(0, -1), { run }];
}

// Returns an event's values, with an object as the last of them: the id of the run that was begun
// last, unless the page has shown it since, and the ids of all runs of this browser.
export function pendingRun(...values) {
  const runs = kept(STORAGE.runs);
  let run = null;
  try {
    run = localStorage.getItem(STORAGE.pendingRun);
  } catch (error) {
    console.info("nothing is remembered:", error.name);
  }
  return [...values.slice(0, -1), { run: runs.includes(run) ? null : run, runs }];
}
