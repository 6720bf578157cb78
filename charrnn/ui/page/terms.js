// Technical terms that explain themselves. A string has a term as `[held out](held-out)`; it is
// drawn as a button, and hover, focus or a tap shows its definition (i18n/terms.py). Text is set as
// textContent and text nodes only.

import { languageTag } from "./runtime.js";

const HOVER_MS = 150; // until the definition shows, and for which it stays without the pointer
const MARGIN_PX = 12; // between the definition and the edge of the window

const MARK = /\[([^[\]]+)\]\(([a-z-]+)\)/;

let definitions = {}; // the table of strings in the user's language
const figures = new WeakMap(); // the number at hand, by button

export const defineTerms = (words) => {
  definitions = words;
};

const formatFigure = (n) =>
  new Intl.NumberFormat(languageTag, { maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);

// ---- the definition ------------------------------------------------------------------------------

const card = document.createElement("div");
const [title, text, link] = ["strong", "p", "a"].map((tag) => document.createElement(tag));
card.className = "term-card";
card.popover = "manual";
text.id = "term-definition";
link.target = "_blank";
link.rel = "noopener";
card.append(title, text, link);

let shown = null; // the button whose definition is shown
let timer = null;
let quiet = false; // a focus does not show the definition

function drawCard(key, n) {
  const { [`number-${key}`]: atHand } = definitions;
  const sentences = [definitions[`define-${key}`]];
  if (atHand && n != null) sentences.push(atHand.replace("{n}", formatFigure(n)));
  title.textContent = definitions[`term-${key}`];
  text.textContent = sentences.join(" ");
  link.hidden = !definitions[`address-${key}`];
  if (link.hidden) return;
  link.textContent = definitions["chapter-of"].replace("{title}", definitions[`chapter-${key}`]);
  link.href = definitions[`address-${key}`];
}

// Puts the card below its button, or above where there is no room, within the window.
function place() {
  const at = shown.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const below = at.bottom + 6;
  const top = below + height <= innerHeight - MARGIN_PX ? below : Math.max(0, at.top - height - 6);
  const furthest = document.documentElement.clientWidth - width - MARGIN_PX;
  card.style.top = `${top}px`;
  card.style.left = `${Math.max(MARGIN_PX, Math.min(at.left, furthest))}px`;
}

function show(button) {
  clearTimeout(timer);
  if (shown === button || !definitions[`define-${button.dataset.term}`]) return;
  hide();
  shown = button;
  drawCard(button.dataset.term, figures.get(button));
  button.after(card); // the next stop of the Tab key is the link
  card.showPopover?.();
  button.setAttribute("aria-expanded", "true");
  button.setAttribute("aria-describedby", text.id);
  place();
}

function hide() {
  clearTimeout(timer);
  if (!shown) return;
  const button = shown;
  const focused = card.contains(document.activeElement);
  shown = null;
  button.setAttribute("aria-expanded", "false");
  button.removeAttribute("aria-describedby");
  card.remove();
  if (focused) focusQuietly(button);
}

// Focuses a term without showing its definition.
function focusQuietly(button) {
  quiet = true;
  button.focus();
  quiet = false;
}

const showSoon = (button) => {
  clearTimeout(timer);
  timer = setTimeout(show, HOVER_MS, button);
};
const hideSoon = () => {
  clearTimeout(timer);
  timer = setTimeout(hide, HOVER_MS);
};
const within = (node) => node === shown || card.contains(node);

card.addEventListener("pointerenter", () => clearTimeout(timer));
card.addEventListener("pointerleave", () => within(document.activeElement) || hideSoon());
card.addEventListener("focusout", ({ relatedTarget }) => within(relatedTarget) || hide());
window.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !shown) return;
    event.stopPropagation(); // Escape also stops what is being generated, and closes a dialog
    event.preventDefault();
    hide();
  },
  true,
);
window.addEventListener("pointerdown", ({ target }) => within(target) || hide(), true);
for (const change of ["scroll", "resize"])
  window.addEventListener(change, () => shown && place(), { capture: true, passive: true });

// ---- the terms -----------------------------------------------------------------------------------

function makeTerm(key) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "term";
  button.dataset.term = key;
  button.setAttribute("aria-expanded", "false");
  let wasShown = false; // when the press began
  button.addEventListener("pointerdown", ({ pointerType }) => {
    wasShown = pointerType !== "mouse" && shown === button;
  });
  button.addEventListener("click", (event) => {
    event.preventDefault(); // not of what the term stands in, such as a label
    if (wasShown) hide();
    else show(button);
    wasShown = false;
  });
  button.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType === "mouse") showSoon(button);
  });
  button.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse" && !within(document.activeElement)) hideSoon();
  });
  button.addEventListener("focus", () => {
    if (!quiet && button.matches(":focus-visible")) show(button);
  });
  button.addEventListener("blur", ({ relatedTarget }) => within(relatedTarget) || hide());
  return button;
}

// Returns a string in which a word is a term.
export const asTerm = (word, key) => `[${word}](${key})`;

// Sets the text of a node, with its terms as buttons. `numbers` are those at hand, by term. A term
// that is there already stays the same button, so that it keeps the focus.
export function setTextWithTerms(node, marked, numbers = {}) {
  const parts = marked.split(new RegExp(MARK, "g")); // text, then word, term and text for each term
  const buttons = [...node.querySelectorAll(":scope > .term")];
  const keys = parts.filter((_, i) => i % 3 === 2);
  const textNodes = () => [...node.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE);
  if (
    textNodes().length !== keys.length + 1 ||
    keys.some((key, i) => buttons[i]?.dataset.term !== key)
  ) {
    if (node.contains(shown)) hide();
    buttons.splice(0, buttons.length, ...keys.map(makeTerm));
    node.replaceChildren(
      ...keys.flatMap((_, i) => [document.createTextNode(""), buttons[i]]),
      document.createTextNode(""),
    );
  }
  keys.forEach((key, i) => {
    setData(buttons[i], parts[3 * i + 1]);
    figures.set(buttons[i], numbers[key]);
  });
  textNodes().forEach((child, i) => {
    setData(child, parts[3 * i]);
  });
}

function setData(node, text) {
  if (node.textContent !== text) node.textContent = text; // keeps a selection in it
}
