// The form of the Train tab in the browser's session storage, so that a reload keeps what was
// chosen, typed and pasted. The pasted text has a key of its own and is not sent to the server for that.
// Values are kept by the names of their fields. `defaults` has the value of each field as the page was
// built. Functions take the `values` of all fields in the same order, and return the new ones.

import { emit, STORAGE } from "../page/runtime.js";
import { readStored, readText, writeStored, writeText } from "../page/web_storage.js";

let storage = null; // set when the form is loaded
let requests = 0; // sent to validate the form
export const formStorage = () => storage;

// Functions that Gradio's events call.
export function beginForm(defaults) {
  storage = window.charrnnForm = makeStorage(defaults);
  return storage.stored();
}
export const formChecked = (checked) => storage.begin(checked);
// Saves the form. The last input is replaced by the number of the request that the server gets.
export function saveForm(...values) {
  values.pop();
  requests += 1;
  return [...(storage?.save(values) ?? values), requests];
}
export const restoreForm = (...values) => storage.restore(values);
export const resetForm = (...values) => storage.reset(values);
export const sourceOfText = (paste) => storage.source(paste);

function makeStorage(defaults) {
  const VERSION = 1;
  const MAX_PASTE = 1_000_000; // characters; a browser keeps 5 MB or 10 MB for all of a page
  const UNCHANGED = { __type__: "update" }; // an output that Gradio leaves as it is
  const MAX_SETTING_MS = 2_000; // that Gradio takes to set all fields, on a busy machine
  const names = Object.keys(defaults);
  let ready = false; // the stored values are in the fields, or nothing was stored
  let restoring = false; // stored values wait to be put into the fields
  let defaultText = defaults.corpus; // the default dataset for the user's language
  let earlyForm = null; // the form after the last change before `ready`
  let stored = null; // the pasted text in the storage
  let lastPaste = ""; // the pasted text when `source` was called last
  let changed = false; // something differs from the defaults
  let undo = null; // the values before a reset
  let pending = new Map(); // fields that Gradio has yet to set: their values before and after
  let settingTimer = null; // until no more fields are expected to be set
  // After input by the user, all fields are taken as they are.
  for (const type of ["click", "input", "change"])
    document.addEventListener(type, () => pending.clear(), { capture: true });

  const named = (values) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
  const empty = (value) => value == null || value === "" || value.length === 0;
  const same = (one, other) =>
    (empty(one) && empty(other)) || JSON.stringify(one) === JSON.stringify(other);
  const fresh = () => ({ ...defaults, corpus: defaultText });
  // Only these decide whether the form differs: other fields belong to a choice of these.
  const CHOICES = ["corpus", "recipe", "paste", "files", "gpu", "start"];
  const touched = (form) => CHOICES.some((name) => !same(form[name], fresh()[name]));

  // Returns the form as it will be. Gradio sets one field after the other and triggers events in
  // between, when some fields still have the values from before.
  function complete(form) {
    for (const [name, { before, after }] of pending) {
      if (same(form[name], before)) form[name] = after;
      else pending.delete(name);
    }
    return form;
  }

  function awaitFields(form, current) {
    const changing = names.filter((name) => !same(form[name], current[name]));
    pending = new Map(changing.map((name) => [name, { before: current[name], after: form[name] }]));
    clearTimeout(settingTimer);
    settingTimer = setTimeout(() => pending.clear(), MAX_SETTING_MS);
  }

  function write({ paste, ...form }) {
    writeStored("sessionStorage", STORAGE.form, { version: VERSION, values: form });
    if (paste === stored) return;
    stored = paste;
    writeText("sessionStorage", STORAGE.paste, ""); // also where the new one does not fit
    if (paste?.length <= MAX_PASTE) writeText("sessionStorage", STORAGE.paste, paste);
  }

  function read() {
    const { version, values } = readStored("sessionStorage", STORAGE.form) ?? {};
    return version === VERSION && values ? values : null;
  }

  const filesOf = (values) =>
    Array.isArray(values?.files) ? values.files.filter((file) => file?.path) : [];

  // Returns the values to set. Fields without a change are left alone, so that input made meanwhile
  // stays, and no field loses the focus.
  function show(form, current) {
    lastPaste = form.paste ?? "";
    announce(form);
    awaitFields(form, current);
    return names.map((name) => (same(form[name], current[name]) ? UNCHANGED : form[name]));
  }

  function keep(form) {
    if (touched(form)) undo = null;
    write(form);
    announce(form);
  }

  function announce(form) {
    changed = touched(form);
    emit("charrnn-form-changed");
  }

  return {
    get ready() {
      return ready;
    },
    get restoring() {
      return restoring;
    },
    get changed() {
      return changed;
    },
    get undoable() {
      return Boolean(undo);
    },

    // Saves the form after a change; returns the values of all fields, also of those yet to be set.
    save(values) {
      const form = complete(named(values));
      if (ready) keep(form);
      else earlyForm = form;
      return names.map((name) => form[name]);
    },

    // Returns the stored values for the server to check; of files only their paths.
    stored() {
      const values = read();
      return [values && { ...values, files: filesOf(values).map((file) => file.path) }];
    },

    // Takes the values that the server found valid. Without any, no field is touched.
    begin(checked) {
      restoring = Boolean(checked);
      ready = !restoring;
      if (ready && earlyForm) keep(earlyForm);
      else emit("charrnn-form-changed");
    },

    // Restores the valid values, except in fields that were changed meanwhile.
    restore(values) {
      const checked = values.pop();
      const current = named(values);
      defaultText = checked?.default_text ?? defaultText;
      const before = { ...fresh(), ...checked?.values };
      if (checked?.values) {
        before.files = filesOf(read()).filter((file) => checked.files.includes(file.path));
        before.paste = readText("sessionStorage", STORAGE.paste) ?? "";
      }
      if (!before.files?.length) before.files = null;
      for (const name of names)
        if (!same(current[name], defaults[name])) before[name] = current[name];
      restoring = false;
      ready = true;
      write(before);
      return show(before, current);
    },

    // Resets the form to the defaults; called again, undoes the reset.
    reset(values) {
      const current = named(values);
      const back = undo;
      undo = back ? null : current;
      return show(back ?? fresh(), current);
    },

    // Chooses the pasted text after a paste: the text that was given last is used.
    source(paste) {
      const given = paste && paste !== lastPaste; // Gradio may trigger twice for the same text
      lastPaste = paste ?? "";
      return given ? "paste" : UNCHANGED;
    },
  };
}
