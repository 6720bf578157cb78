// What was chosen and typed on the Inspect tab, in the browser's session storage, so that a reload
// keeps it. The user's own text has a key of its own, since it is large and changes seldom.

import { STORAGE } from "../page/runtime.js";
import { readStored, readText, writeStored, writeText } from "../page/web_storage.js";

// Returns the choices that were kept, an object; `text` is the user's own text, "" without one.
export const keptChoices = () => ({
  ...readStored("sessionStorage", STORAGE.inspect),
  text: readText("sessionStorage", STORAGE.inspectText) ?? "",
});

export const keepChoices = (choices) => writeStored("sessionStorage", STORAGE.inspect, choices);

// Keeps the user's own text, or none if it is empty or too long to be read.
export function keepOwnText(text, maxCharacters) {
  writeText("sessionStorage", STORAGE.inspectText, ""); // also where the new one does not fit
  if (text.length <= 2 * maxCharacters) writeText("sessionStorage", STORAGE.inspectText, text);
}
