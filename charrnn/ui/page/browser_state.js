// What the browser stores: the model chosen on the Generate tab, the user's own runs, and the
// models opened from the Hub or from files. Gradio's events send it to the server
// (browser_state.py).

import { emit, listen, MAX_REMEMBERED, randomId, STORAGE } from "./runtime.js";
import { readStored, readText, writeStored, writeText } from "./web_storage.js";

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
  const state = {
    chosen: readText("sessionStorage", STORAGE.model) ?? readText("localStorage", STORAGE.model),
    runs: kept(STORAGE.runs),
    opened: kept(STORAGE.opened),
    used: usedModel,
  };
  return [...values.slice(0, -1), state];
}

// Stores the chosen model, and adds a model from the Hub or from a file to the opened ones. The
// choice is stored for the browser tab, as its text is, and for the browser, for new tabs.
export function saveModel(key) {
  for (const storage of ["sessionStorage", "localStorage"]) writeText(storage, STORAGE.model, key);
  if (/\/|^upload-/.test(key) && addFirst(STORAGE.opened, key)) emit("charrnn-opened-changed");
}

// Adds a run to the list of runs.
export function saveRun(run) {
  if (run && addFirst(STORAGE.runs, run)) emit("charrnn-runs-changed");
}

// Puts a run or model at the beginning of a stored list, unless it is in the list already. Returns
// whether it was not.
function addFirst(list, key) {
  const keys = kept(list);
  if (keys.includes(key)) return false;
  writeStored("localStorage", list, [key, ...keys].slice(0, MAX_REMEMBERED));
  return true;
}

// Removes a deleted run from the stored list. A run card that shows it asks for it again, and finds
// it gone.
export function forgetRun(run) {
  const others = kept(STORAGE.runs).filter((one) => one !== run);
  writeStored("localStorage", STORAGE.runs, others);
  emit("charrnn-runs-changed");
  if (document.querySelector(".run")?.dataset.run === run) emit("charrnn-show-run", run);
}

// Returns the stored list of this key: ids of runs or keys of models.
export function kept(key) {
  const keys = readStored("localStorage", key);
  return Array.isArray(keys) ? keys.filter((one) => typeof one === "string") : [];
}

// Makes the id of a new run, and returns an event's values with the id as the last of them. It is
// stored before it is sent, so that a run whose request lost its connection is found again.
export function newRun(...values) {
  const run = randomId();
  writeText("localStorage", STORAGE.pendingRun, run);
  return [...values.slice(0, -1), { run }];
}

// Returns an event's values, with an object as the last of them: the id of the run that was begun
// last, unless the page has shown it since, and the ids of all runs of this browser.
export function pendingRun(...values) {
  const runs = kept(STORAGE.runs);
  const run = readText("localStorage", STORAGE.pendingRun);
  return [...values.slice(0, -1), { run: runs.includes(run) ? null : run, runs }];
}
