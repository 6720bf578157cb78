// What the lists of runs and of models share: what the browser remembers of them, and how figures and
// times are written there.

import { emit, languageTag, STORAGE } from "./runtime.js";

const relativeFormat = new Intl.RelativeTimeFormat(languageTag, {
  style: "short",
  numeric: "auto",
});
const dateFormat = new Intl.DateTimeFormat(languageTag, { dateStyle: "medium" });

export const formatPerplexity = (p) =>
  p == null ? "–" : p > 1e6 ? "> 10⁶" : p >= 100 ? p.toFixed(0) : p.toFixed(p >= 10 ? 1 : 2);

// What draws with a component's words: how long ago something was, a field for a name, and a button
// that deletes.
export function listTools({ words, t, setText, props }) {
  function timeAgo(when) {
    const seconds = Math.max(0, Date.now() / 1000 - when);
    if (seconds < 60) return words.now;
    if (seconds < 3600) return relativeFormat.format(-Math.floor(seconds / 60), "minute");
    if (seconds < 86400) return relativeFormat.format(-Math.floor(seconds / 3600), "hour");
    if (seconds < 7 * 86400) return relativeFormat.format(-Math.floor(seconds / 86400), "day");
    return dateFormat.format(new Date(when * 1000));
  }

  // Puts a field in the place of a name. Enter, or leaving the field, saves; Escape does not. `save`
  // gets the new name, or null.
  function editName(place, name, save) {
    const field = document.createElement("input");
    field.className = "rename";
    field.maxLength = props.max_name_length;
    field.value = name;
    field.placeholder = words["rename-hint"];
    field.setAttribute("aria-label", words["rename-hint"]);
    let kept = true;
    field.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      kept = event.key === "Enter";
      field.blur();
    });
    field.addEventListener("blur", () => save(kept ? field.value : null), { once: true });
    place.replaceChildren(field);
    field.focus();
    field.select();
  }

  // Makes a button delete what is called `title`: its first press asks whether that is meant, the
  // second one does it. At rest it shows `label`.
  function confirmDelete(button, label, title, act) {
    const show = (text, shown = text) => {
      setText(button, shown);
      button.title = text;
      button.setAttribute("aria-label", t("delete-of", { what: text, title }));
    };
    const rest = () => {
      clearTimeout(button.resting);
      delete button.dataset.sure;
      show(words.delete, label);
    };
    rest();
    button.addEventListener("blur", rest);
    button.addEventListener("keydown", (event) => event.key === "Escape" && rest());
    button.addEventListener("click", () => {
      if (button.dataset.sure) {
        rest();
        act();
        return;
      }
      button.dataset.sure = "1";
      show(words["delete-sure"]);
      button.resting = setTimeout(rest, 8000);
    });
  }

  return { timeAgo, editName, confirmDelete };
}

// A run that was deleted is the browser's no more; a card that shows it asks for it, and is told.
export function forgetRun(run) {
  try {
    localStorage.setItem(
      STORAGE.runs,
      JSON.stringify(kept(STORAGE.runs).filter((one) => one !== run)),
    );
  } catch (denied) {
    console.info("the run is still remembered:", denied.name);
  }
  emit("charrnn-runs-changed");
  if (document.querySelector(".run")?.dataset.run === run) emit("charrnn-show-run", run);
}

export function kept(key) {
  try {
    const keys = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(keys) ? keys.filter((one) => typeof one === "string") : [];
  } catch (denied) {
    console.info("nothing is remembered:", denied.name);
    return [];
  }
}
