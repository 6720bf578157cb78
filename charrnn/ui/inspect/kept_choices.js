// What was chosen and typed on the Inspect tab, in the browser's session storage, so that a reload
// keeps it. The user's own text has a key of its own, since it is large and changes seldom.

import { STORAGE } from "../page/runtime.js";
import { writeStored } from "../page/web_storage.js";

// Returns the choices that were kept, an object; `text` is the user's own text, "" without one.
export function keptChoices() {
  try {
    const choices = JSON.parse(sessionStorage.getItem(STORAGE.inspect) ?? "{}");
    return { ...choices, text: sessionStorage.getItem(STORAGE.inspectText) ?? "" };
  } catch (error) {
    console.info("the choices on the Inspect tab cannot be brought back:", error.name);
    return { text: "" };
  }
}

export function keepChoices(choices) {
  writeStored("sessionStorage", STORAGE.inspect, choices);
}

// Keeps the user's own text, or none if it is empty or too long to be read.
export function keepOwnText(text, maxCharacters) {
  try {
    sessionStorage.removeItem(STORAGE.inspectText); // also where the new one does not fit
    if (text && text.length <= 2 * maxCharacters) sessionStorage.setItem(STORAGE.inspectText, text);
  } catch (error) {
    console.info("the text on the Inspect tab is not kept:", error.name);
  }
}
