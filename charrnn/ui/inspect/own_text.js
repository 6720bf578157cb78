// The user's own text on the Inspect tab: a field, and the button that clears it. A reload keeps it.

import { number } from "../page/tinted_text.js";
import { keepOwnText } from "./kept_choices.js";

const TYPING_PAUSE_MS = 500; // without a change until the text is read

// `host` is what `component` returns, `kept` the text from before a reload. `onChange()` is called
// when the user has changed the text.
export function ownText({ find, setText, t, words, props }, kept, onChange) {
  const box = find(".inspect-own");
  const field = box.querySelector("textarea");
  const clearButton = box.querySelector("button");
  let typing = null; // the timer until the typed text is read

  const text = () => field.value;

  // Shows the field or hides it, before its text is read.
  function show(isShown) {
    clearTimeout(typing);
    box.hidden = !isShown;
    clearButton.hidden = !text();
  }

  function changed() {
    keepOwnText(text(), props.max_characters);
    onChange();
  }

  // Returns the problem of a text that is too long; null if it is not.
  function problem() {
    const length = Array.from(text()).length;
    if (length <= props.max_characters) return null;
    const [n, most] = [length, props.max_characters].map((value) => number.format(value));
    return { message: t("too-long", { n, most }), field: "text" };
  }

  function drawProblem(message) {
    setText(find(".inspect-problem.of-own"), message);
    field.setAttribute("aria-invalid", String(Boolean(message)));
  }

  setText(
    box.querySelector("label > span"),
    t("own-label", { n: number.format(props.max_characters) }),
  );
  setText(clearButton, words.clear);
  field.placeholder = words["own-hint"];
  field.value = kept;
  field.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(changed, TYPING_PAUSE_MS);
  };
  clearButton.onclick = () => {
    field.value = "";
    changed();
    field.focus();
  };

  return { text, show, problem, drawProblem, focus: () => field.focus() };
}
