// Selects one character of a tinted text (tinted_text.js), by a click or the arrow keys, and marks
// it. The text is not changed: the mark lies over it.

import { emit } from "../page/runtime.js";

const PHONE = "(max-width: 720px)"; // there the answer covers the lower half of the window
const LINE_GAP_PX = 4; // characters whose tops differ by less are on the same line

// Returns where each character of a text stands, those of its prefix too: a node, and its code units
// in it. A character that is shown as its code is a node of its own.
function charactersOf(box) {
  const places = [];
  for (const part of box.querySelectorAll(":scope > b, :scope > span")) {
    for (const node of part.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) {
        places.push({ node });
        continue;
      }
      let from = 0;
      for (const character of node.data) {
        places.push({ node, from, to: from + character.length });
        from += character.length;
      }
    }
  }
  return places;
}

function rectanglesOf({ node, from, to }) {
  if (from === undefined) return [...node.getClientRects()];
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  return [...range.getClientRects()];
}

const holds = (rectangle, x, y) =>
  x >= rectangle.left && x <= rectangle.right && y >= rectangle.top && y <= rectangle.bottom;

// `boxes()` are the elements of the texts, `isLocked()` is true while no character can be selected,
// and `step()` is called for the right arrow: it returns true if it has shown one more character.
// `selected()` of what this returns is null, or the number of the box and of the character in it.
export function characterCursor({ area, sheet, boxes, isLocked, step }) {
  let selection = null;
  const mark = document.createElement("i");
  mark.className = "generate-mark";
  mark.setAttribute("aria-hidden", "true");
  mark.hidden = true;
  sheet.append(mark);

  function draw() {
    const place = selection && charactersOf(boxes()[selection.box])[selection.at];
    const rectangle = place && rectanglesOf(place).at(-1);
    mark.hidden = !rectangle;
    if (!rectangle) return;
    const origin = sheet.getBoundingClientRect();
    mark.style.left = `${rectangle.left - origin.left}px`;
    mark.style.top = `${rectangle.top - origin.top}px`;
    mark.style.width = `${rectangle.width}px`;
    mark.style.height = `${rectangle.height}px`;
  }

  function reveal() {
    mark.scrollIntoView({ block: "nearest" });
    if (!matchMedia(PHONE).matches) return;
    const below = mark.getBoundingClientRect().bottom - innerHeight / 2;
    if (below > 0) scrollBy(0, below);
  }

  function select(next) {
    selection = next;
    draw();
    if (next) reveal();
    emit("charrnn-character-selected", next);
  }

  area.addEventListener("click", ({ target, clientX, clientY }) => {
    if (isLocked() || !getSelection().isCollapsed) return;
    const box = boxes().findIndex((one) => one.contains(target));
    const at =
      box < 0
        ? -1
        : charactersOf(boxes()[box]).findIndex(
            (place) =>
              target.contains(place.node) &&
              rectanglesOf(place).some((rectangle) => holds(rectangle, clientX, clientY)),
          );
    if (at >= 0) select({ box, at });
    else if (!target.closest("button")) select(null);
  });

  // Returns the place on the next line, or the one before, that is nearest to the selected one.
  function onLine(places, at, direction) {
    const start = rectanglesOf(places[at])[0];
    let line = null;
    let best = null;
    for (let i = at + direction; places[i]; i += direction) {
      const rectangle = rectanglesOf(places[i])[0];
      if (!rectangle || Math.abs(rectangle.top - start.top) < LINE_GAP_PX) continue;
      line ??= rectangle.top;
      if (Math.abs(rectangle.top - line) >= LINE_GAP_PX) break;
      const distance = Math.abs(rectangle.left - start.left);
      if (!best || distance < best.distance) best = { at: i, distance };
    }
    return best?.at;
  }

  // Returns what a key selects; undefined if it does not move the selection.
  function target(key) {
    const texts = boxes().map(charactersOf);
    if (!selection) {
      const first = texts.findIndex((places) => places.length);
      const last = texts.findLastIndex((places) => places.length);
      if (first < 0) return undefined;
      if (["ArrowRight", "Home"].includes(key)) return { box: first, at: 0 };
      const backward = ["ArrowLeft", "ArrowUp"].includes(key);
      return backward ? { box: last, at: texts[last].length - 1 } : undefined;
    }
    const { box, at } = selection;
    const places = texts[box];
    const moved = {
      ArrowLeft: () => Math.max(0, at - 1),
      ArrowRight: () => at + 1,
      ArrowUp: () => onLine(places, at, -1) ?? at,
      ArrowDown: () => onLine(places, at, 1),
      Home: () => 0,
      End: () => undefined,
      Escape: () => undefined,
    }[key];
    if (!moved) return undefined;
    const next = moved();
    return next < places.length ? { box, at: next } : null; // null is the end of the text
  }

  area.addEventListener("keydown", (event) => {
    if (event.target !== area || isLocked()) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const isStep = event.key === "ArrowRight" && step();
    const next = isStep ? undefined : target(event.key);
    if (isStep || next !== undefined) event.preventDefault();
    if (next !== undefined) select(next);
  });
  new ResizeObserver(draw).observe(sheet);

  return {
    selected: () => selection,
    // Selects a character, or none, without saying so to others.
    put(next) {
      selection = next;
      draw();
      if (next) reveal();
    },
  };
}
