// Beside the chooser of the Generate tab: the way to the models on the Hub and, while one of them is
// on its way, that it is (see generate.py).

import { component, listen } from "../page/runtime.js";

export function mount(host) {
  const { trigger, find, t, words } = component(host);

  const [note, button] = ["span", "button"].map(find);
  let waiting = null;

  function showNote(text) {
    clearTimeout(waiting);
    note.textContent = note.title = text;
    button.hidden = Boolean(text);
  }

  button.textContent = words["from-hub"];
  button.onclick = () => trigger("browse");
  listen("charrnn-model-chosen", (detail) => {
    showNote("");
    if (!detail?.includes("/")) return; // what is here opens at once
    waiting = setTimeout(() => showNote(t("opening", { name: detail })), 300);
  });
  listen("charrnn-prompt-fields", () => showNote(""));
}
