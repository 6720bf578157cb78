// Shared by the lists of runs and of models: how figures and times are written, and how an item is
// renamed or deleted.

import { languageTag } from "./runtime.js";

const relativeFormat = new Intl.RelativeTimeFormat(languageTag, {
  style: "short",
  numeric: "auto",
});
const CONFIRM_TIMEOUT_MS = 8000; // after which a button no longer waits for the second press
const dateFormat = new Intl.DateTimeFormat(languageTag, { dateStyle: "medium" });

export const formatPerplexity = (p) =>
  p == null ? "–" : p > 1e6 ? "> 10⁶" : p >= 100 ? p.toFixed(0) : p.toFixed(p >= 10 ? 1 : 2);

// Functions that draw with a component's strings.
export function listTools({ words, t, setText, props }) {
  function timeAgo(when) {
    const seconds = Math.max(0, Date.now() / 1000 - when);
    if (seconds < 60) return words.now;
    if (seconds < 3600) return relativeFormat.format(-Math.floor(seconds / 60), "minute");
    if (seconds < 86400) return relativeFormat.format(-Math.floor(seconds / 3600), "hour");
    if (seconds < 7 * 86400) return relativeFormat.format(-Math.floor(seconds / 86400), "day");
    return dateFormat.format(new Date(when * 1000));
  }

  // Replaces a name by a text field. Enter or leaving the field saves, Escape does not. `save` gets
  // the new name, or null.
  function editName(place, name, save) {
    const field = document.createElement("input");
    field.className = "rename";
    field.maxLength = props.max_name_length;
    field.value = name;
    field.placeholder = words["rename-hint"];
    field.setAttribute("aria-label", words["rename-hint"]);
    let isSaved = true;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      isSaved = event.key === "Enter";
      field.blur();
    });
    field.addEventListener("blur", () => save(isSaved ? field.value : null), { once: true });
    place.replaceChildren(field);
    field.focus();
    field.select();
  }

  // Makes a button that deletes the item `title`: the first press asks for confirmation, the second
  // one calls `action`. At rest the button shows `label`.
  function confirmDelete(button, label, title, action) {
    const showText = (text, shown = text) => {
      setText(button, shown);
      button.title = text;
      button.setAttribute("aria-label", t("delete-of", { what: text, title }));
    };
    const reset = () => {
      clearTimeout(button.resetTimer);
      delete button.dataset.sure;
      showText(words.delete, label);
    };
    reset();
    button.addEventListener("blur", reset);
    button.addEventListener("keydown", (event) => event.key === "Escape" && reset());
    button.addEventListener("click", () => {
      if (button.dataset.sure) {
        reset();
        action();
        return;
      }
      button.dataset.sure = "1";
      showText(words["delete-sure"]);
      button.resetTimer = setTimeout(reset, CONFIRM_TIMEOUT_MS);
    });
  }

  return { timeAgo, editName, confirmDelete };
}
