// Beside the dropdown of models: a link to the Models tab or, while a model from the Hub is opened,
// a note that says so.

import { component, listen } from "../page/runtime.js";

export function mount(host) {
  const { trigger, find, t, words } = component(host);

  const NOTE_DELAY_MS = 300; // a model that opens faster gets no note
  const [note, button] = ["span", "button"].map(find);
  let delay = null; // the timer of the note

  function showNote(text) {
    clearTimeout(delay);
    note.textContent = note.title = text;
    button.hidden = Boolean(text);
  }

  button.textContent = words["from-hub"];
  button.onclick = () => trigger("show_models");
  listen("charrnn-model-chosen", (detail) => {
    showNote("");
    if (!detail?.includes("/")) return; // other models open at once
    delay = setTimeout(() => showNote(t("opening", { name: detail })), NOTE_DELAY_MS);
  });
  listen("charrnn-prompt-fields", () => showNote(""));
}
