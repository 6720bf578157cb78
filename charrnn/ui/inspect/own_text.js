// The user's own text on the Inspect tab: a field, and the button that clears it. A reload keeps it.
//
// A browser lays out all lines of a field at once, and that holds up the page for a long text: so the
// field shows only the beginning of one, until the user wants to edit it.

import { number } from "../page/tinted_text.js";
import { keepOwnText } from "./kept_choices.js";

const TYPING_PAUSE_MS = 500; // without a change until the text is read
const AT_ONCE = ["insertFromPaste", "insertFromDrop"]; // changes that no typing follows
const MAX_FIELD_CODE_UNITS = 20_000; // of a text that the field shows as a whole
const BEGINNING_CODE_UNITS = 2_000; // that it shows of a longer one

// `host` is what `component` returns, `kept` the text from before a reload. `onChange()` is called
// when the user has changed the text.
export function ownText({ find, setText, t, words, props }, kept, onChange) {
  const box = find(".inspect-own");
  const field = box.querySelector("textarea");
  const note = box.querySelector("p");
  const [editButton, clearButton] = box.querySelectorAll("button");
  let long = null; // the whole text while the field shows its beginning
  let isEdited = false; // the user wants a long text in the field
  let typing = null; // the timer until the typed text is read

  const text = () => long ?? field.value;

  function put(newText) {
    const isLong = newText.length > MAX_FIELD_CODE_UNITS && !isEdited;
    long = isLong ? newText : null;
    const shown = isLong ? beginningOf(newText) : newText;
    if (field.value !== shown) field.value = shown; // or else the cursor stays where it is
    field.readOnly = isLong;
    if (isLong) field.setSelectionRange(0, 0);
    if (isLong) field.scrollTop = 0;
    note.hidden = editButton.hidden = !isLong;
    setText(note, isLong ? t("own-long", { n: number.format(Array.from(newText).length) }) : "");
  }

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

  // Takes a long text from the clipboard itself, since the browser would put it into the field.
  function paste(event) {
    const pasted = event.clipboardData?.getData("text/plain");
    if (!pasted || isEdited) return;
    const { value, selectionStart, selectionEnd } = field;
    const whole = long
      ? pasted // takes the place of a text of which the field shows the beginning
      : value.slice(0, selectionStart) + pasted + value.slice(selectionEnd);
    if (!long && whole.length <= MAX_FIELD_CODE_UNITS) return;
    event.preventDefault();
    put(whole);
    changed();
  }

  function edit() {
    isEdited = true;
    put(text());
    field.focus();
    field.setSelectionRange(0, 0);
  }

  setText(
    box.querySelector("label > span"),
    t("own-label", { n: number.format(props.max_characters) }),
  );
  setText(editButton, words["own-edit"]);
  setText(clearButton, words.clear);
  field.placeholder = words["own-hint"];
  put(kept);
  field.addEventListener("paste", paste);
  field.oninput = ({ inputType }) => {
    if (field.value.length <= MAX_FIELD_CODE_UNITS) isEdited = false;
    if (!isEdited) put(field.value);
    clearTimeout(typing);
    typing = setTimeout(changed, AT_ONCE.includes(inputType) ? 0 : TYPING_PAUSE_MS);
  };
  editButton.onclick = edit;
  clearButton.onclick = () => {
    isEdited = false;
    put("");
    changed();
    field.focus();
  };

  return { text, show, problem, drawProblem, focus: () => field.focus() };
}

// Returns the first characters of a text, without a half of a surrogate pair.
const beginningOf = (text) => text.slice(0, BEGINNING_CODE_UNITS).replace(/[\uD800-\uDBFF]$/, "");
