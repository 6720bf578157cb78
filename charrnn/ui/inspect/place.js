// How a place in a text is drawn beside it: the characters around it, and those expected there.

import { formatPercent, visible } from "../page/tinted_text.js";

const ROOM_BEFORE = 18; // for the context before a character, in narrow characters
const ROOM_AFTER = 8; // and for what comes after it, in lists of places

const width = (c) => (c > "\u1100" ? 2 : 1); // characters from U+1100 on are mostly wide
export const readable = (c) => (c === " " ? c : visible(c));

// Draws a place of a text: what stands before it, the character there, and what stands after it, as
// much as there is room for.
export function drawContext(node, characters, place, after = 0) {
  let from = place;
  for (let room = ROOM_BEFORE; from && room > 0; from--) room -= width(characters[from - 1]);
  let to = place + 1;
  for (let room = after; to < characters.length && room > 0; to++) room -= width(characters[to]);
  const cut = (begin, end) => characters.slice(begin, end).map(readable).join("");
  const bold = document.createElement("b");
  bold.textContent = visible(characters[place]);
  node.replaceChildren((from ? "…" : "") + cut(from, place), bold, cut(place + 1, to));
}

// Draws the likeliest characters with their probabilities; `character` is the one that came.
export function drawCandidates(list, candidates, character) {
  list.replaceChildren(
    ...candidates.map(([candidate, p]) => {
      const row = document.createElement("li");
      row.classList.toggle("here", candidate === character);
      const [name, bar, share] = ["bdi", "div", "span"].map((tag) => document.createElement(tag));
      const filled = document.createElement("i");
      name.textContent = visible(candidate);
      filled.style.width = `${100 * p}%`;
      filled.style.display = "block";
      bar.append(filled);
      share.textContent = `${formatPercent(p)} %`;
      row.append(name, bar, share);
      return row;
    }),
  );
  list.hidden = !candidates.length;
}

// Draws a list of places, each a button that calls `choose(place)`; `labelOf(bits)` stands beside.
export function drawPlaces(list, places, characters, labelOf, choose) {
  list.replaceChildren(
    ...places.map(({ at, bits }) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      const [context, share] = ["bdi", "span"].map((tag) => document.createElement(tag));
      drawContext(context, characters, at, ROOM_AFTER);
      share.textContent = labelOf(bits);
      button.append(context, " ", share);
      button.onclick = () => choose(at);
      item.append(button);
      return item;
    }),
  );
}
