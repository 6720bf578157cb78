// The form of the Train tab in the browser's session storage, so that a reload keeps what was
// chosen, typed and pasted. The pasted text has a key of its own and goes nowhere else. Values are
// kept by the names of their fields. `defaults` has the value of each field as the page was built;
// where a function takes `values`, these are of all fields in the same order, and what it returns is
// what to set them to.

import { emit, STORAGE } from "../page/runtime.js";

let storage = null; // once the form is there
export const formStorage = () => storage;

// What Gradio's events call.
export function beginForm(defaults) {
  storage = window.charrnnForm = makeStorage(defaults);
  return storage.stored();
}
export const formChecked = (checked) => storage.begin(checked);
export const saveForm = (...values) => storage?.save(values) ?? values;
export const restoreForm = (...values) => storage.restore(values);
export const resetForm = (...values) => storage.reset(values);
export const sourceOfText = (paste) => storage.source(paste);

function makeStorage(defaults) {
  const VERSION = 1;
  const MAX_PASTE = 1_000_000; // characters; a browser keeps 5 MB or 10 MB for all of a page
  const UNCHANGED = { __type__: "update" }; // an output that Gradio leaves as it is
  const names = Object.keys(defaults);
  let ready = false; // what was stored is in the fields, or there was nothing
  let restoring = false; // it waits to be put into the fields
  let usual = defaults.corpus; // the text that is chosen in the visitor's language
  let early = null; // the form as it was changed last before that
  let stored = null; // the pasted text in the storage
  let seen = ""; // the pasted text that `source` knows of
  let changed = false; // something differs from the defaults
  let undo = null; // the values before a reset

  const named = (values) => Object.fromEntries(names.map((name, i) => [name, values[i]]));
  const empty = (value) => value == null || value === "" || value.length === 0;
  const same = (one, other) =>
    (empty(one) && empty(other)) || JSON.stringify(one) === JSON.stringify(other);
  const fresh = () => ({ ...defaults, corpus: usual });
  // What is chosen: the fields of a recipe, or of a text, matter only while that is.
  const CHOICES = ["corpus", "recipe", "paste", "files", "gpu"];
  const touched = (form) => CHOICES.some((name) => !same(form[name], fresh()[name]));
  // Gradio sets the fields one after the other, so what is on its way back is partly both.
  const goesBack = (form) =>
    CHOICES.every((name) => [fresh(), undo].some((one) => same(form[name], one[name])));

  function write({ paste, ...form }) {
    try {
      sessionStorage.setItem(STORAGE.form, JSON.stringify({ version: VERSION, values: form }));
      if (paste === stored) return;
      sessionStorage.removeItem(STORAGE.paste); // also where the new one does not fit
      stored = paste;
      if (paste && paste.length <= MAX_PASTE) sessionStorage.setItem(STORAGE.paste, paste);
    } catch (denied) {
      console.info("the form is not kept across a reload:", denied.name);
    }
  }

  function read() {
    try {
      const { version, values } = JSON.parse(sessionStorage.getItem(STORAGE.form)) ?? {};
      return version === VERSION && values ? values : null;
    } catch (broken) {
      console.info("the form cannot be brought back:", broken.name);
      return null;
    }
  }

  const filesOf = (values) =>
    Array.isArray(values?.files) ? values.files.filter((file) => file?.path) : [];

  // What to set the fields to. Those that need no change are left alone: what the visitor does
  // meanwhile stays, and no field loses the focus.
  function show(form, current) {
    seen = form.paste ?? "";
    announce(form);
    return names.map((name) => (same(form[name], current[name]) ? UNCHANGED : form[name]));
  }

  function keep(form) {
    if (undo && !goesBack(form)) undo = null;
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

    // A field has changed.
    save(values) {
      const form = named(values);
      if (ready) keep(form);
      else early = form;
      return values;
    },

    // What was stored, for the server to check: of files only their paths.
    stored() {
      const values = read();
      return [values && { ...values, files: filesOf(values).map((file) => file.path) }];
    },

    // The server has checked it. Without anything to put back, no field is touched.
    begin(checked) {
      restoring = Boolean(checked);
      ready = !restoring;
      if (ready && early) keep(early);
      else emit("charrnn-form-changed");
    },

    // Puts back what the server found sound, unless it was changed meanwhile.
    restore(values) {
      const checked = values.pop();
      const current = named(values);
      usual = checked?.usual ?? usual;
      const before = { ...fresh(), ...checked?.values };
      if (checked?.values) {
        before.files = filesOf(read()).filter((file) => checked.files.includes(file.path));
        try {
          before.paste = sessionStorage.getItem(STORAGE.paste) ?? "";
        } catch (denied) {
          console.info("the pasted text cannot be brought back:", denied.name);
        }
      }
      if (!before.files?.length) before.files = null;
      for (const name of names)
        if (!same(current[name], defaults[name])) before[name] = current[name];
      restoring = false;
      ready = true;
      write(before);
      return show(before, current);
    },

    // Back to the defaults; once more, back to what was there.
    reset(values) {
      const current = named(values);
      const back = undo;
      undo = back ? null : current;
      return show(back ?? fresh(), current);
    },

    // Of a pasted text and uploaded files the one that was given last counts.
    source(paste) {
      const given = paste && paste !== seen; // Gradio may tell of the same text twice
      seen = paste ?? "";
      return given ? "paste" : UNCHANGED;
    },
  };
}
