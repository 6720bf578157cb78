// A text with a tint for each character, one of which can be selected: by click, tap or arrow keys.
// A stretch of it can be selected too: by dragging, with Shift, or as a phone selects text.
//
// Lines are grouped in blocks. A block that is in view has a span for each character; any other is
// plain text of the same shape, so that the browser's search finds everything. A long text is drawn
// in several frames, what is in view first. Text is set as textContent and text nodes only.

import { visible } from "../page/tinted_text.js";

const BLOCK_CHARACTERS = 500; // after which the next line begins a block
const MAX_BLOCK_CHARACTERS = 1000; // in a line without end
const BLOCKS_PER_FRAME = 20; // that are drawn as plain text
const MARGIN = "300px 0px"; // around what is in view, within which blocks are drawn
const SELECTION_PAUSE_MS = 250; // without a change until the browser's selection counts
const LINES_PER_PAGE = 10; // that Page Up and Page Down move

// `onSelect(place)` is called when the user selects a character. `classOf(place)` are the names of
// the classes that tint it, and `nameOf(place)` is its name for screen readers. `onRange(range)` is
// called with the stretch that is selected, `begin` to `end` (not included), or null.
export function characterGrid(area, { onSelect, onRange, classOf, nameOf }) {
  let characters = [];
  let range = null;
  let anchor = -1; // the place at which the range began
  let blocks = [];
  let drawn = 0; // blocks that have a node
  let frame = 0; // the request for the frame that draws more of them
  let selected = -1;

  const coming = new Set(); // blocks that came into view, and wait for their spans
  let fillFrame = 0; // the request for the frame that fills the next of them

  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const block = blocks.find((one) => one.node === entry.target);
        if (!block) continue;
        if (entry.isIntersecting) coming.add(block);
        else {
          coming.delete(block);
          if (block.spans && !isInUse(block)) drawPlain(block);
        }
      }
      cancelAnimationFrame(fillFrame);
      fillInFrames();
    },
    { root: area, rootMargin: MARGIN },
  );

  // A block keeps its spans while a character of it is selected, or the browser's selection, which a
  // phone lets the user extend while the text scrolls, is in it.
  const isInUse = (block) =>
    (selected >= block.from && selected < block.to) ||
    Boolean(selectedText()?.intersectsNode(block.node));

  function show(newCharacters) {
    observer.disconnect();
    coming.clear();
    cancelAnimationFrame(frame);
    [characters, selected] = [newCharacters, -1];
    blocks = splitIntoBlocks(characters);
    drawn = 0;
    setRange(null);
    area.replaceChildren();
    area.scrollTop = 0;
    drawInFrames();
  }

  function drawInFrames() {
    drawUpTo(drawn + BLOCKS_PER_FRAME);
    if (drawn < blocks.length) frame = requestAnimationFrame(drawInFrames);
  }

  function drawUpTo(count) {
    const more = blocks.slice(drawn, count);
    for (const block of more) {
      block.node = document.createElement("div");
      drawPlain(block);
    }
    area.append(...more.map((block) => block.node));
    for (const block of more) observer.observe(block.node);
    drawn += more.length;
  }

  function fillInFrames() {
    const [block] = coming;
    if (!block) return;
    coming.delete(block);
    fill(block);
    if (coming.size) fillFrame = requestAnimationFrame(fillInFrames);
  }

  function drawPlain(block) {
    const text = characters.slice(block.from, block.to).map(shown).join("");
    block.node.replaceChildren(text);
    block.spans = null;
  }

  function fill(block) {
    if (block.spans) return;
    if (!block.node) drawUpTo(blocks.indexOf(block) + 1);
    const pieces = document.createDocumentFragment();
    block.spans = [];
    for (let place = block.from; place < block.to; place++) {
      const span = document.createElement("span");
      span.className = classesOf(place);
      span.textContent = characters[place] === "\n" ? "⏎" : shown(characters[place]);
      block.spans.push(span);
      pieces.append(span);
      if (characters[place] === "\n") pieces.append("\n");
    }
    block.node.replaceChildren(pieces);
    if (selected >= block.from && selected < block.to) mark(block.spans[selected - block.from]);
  }

  const isWithin = (place) => range && place >= range.begin && place < range.end;
  const classesOf = (place) =>
    classOf(place) +
    (characters[place] === "\n" ? " newline" : "") +
    (isWithin(place) ? " within" : "");

  // Tints all characters that have a span again, after `classOf` has changed.
  function repaint() {
    for (const block of blocks) {
      block.spans?.forEach((span, i) => {
        span.className = classesOf(block.from + i);
      });
    }
    if (selected >= 0) mark(spanOf(selected));
  }

  const blockOf = (place) => blocks.find((block) => place < block.to);

  function spanOf(place) {
    const block = blockOf(place);
    fill(block);
    return block.spans[place - block.from];
  }

  // The selected character is the one that the Tab key reaches.
  function mark(span) {
    span.classList.add("chosen");
    span.tabIndex = 0;
    span.setAttribute("role", "button");
    span.setAttribute("aria-pressed", "true");
    span.setAttribute("aria-label", nameOf(selected));
  }

  function unmark(span) {
    span.classList.remove("chosen");
    for (const name of ["tabindex", "role", "aria-pressed", "aria-label"])
      span.removeAttribute(name);
  }

  function select(place, { focus = false, scroll = focus } = {}) {
    if (place < 0 || place >= characters.length) return;
    if (selected >= 0) unmark(spanOf(selected));
    selected = place;
    const span = spanOf(place);
    mark(span);
    if (focus) span.focus({ preventScroll: true });
    if (scroll) scrollTo(span);
  }

  // Scrolls within the area only, so that the page stays where it is.
  function scrollTo(span) {
    const [box, around] = [span.getBoundingClientRect(), area.getBoundingClientRect()];
    const room = 2 * box.height;
    if (box.top < around.top + room / 2 || box.bottom > around.bottom - room / 2)
      area.scrollTop += box.top - around.top - around.height / 3;
  }

  // Returns the place one line up (-1) or down (1), below the same point; the ends stay in place.
  function placeInLine(from, direction) {
    const start = spanOf(from).getBoundingClientRect();
    const x = start.left + start.width / 2;
    let line = null;
    let best = from;
    let distance = Number.POSITIVE_INFINITY;
    for (let place = from + direction; characters[place] !== undefined; place += direction) {
      const box = spanOf(place).getBoundingClientRect();
      if (Math.abs(box.top - start.top) < box.height / 2) continue;
      line ??= box.top;
      if (Math.abs(box.top - line) > box.height / 2) break;
      const off = Math.abs(box.left + box.width / 2 - x);
      if (off < distance) [best, distance] = [place, off];
    }
    return best;
  }

  function lineEnd(from, direction) {
    let place = from;
    const before = (at) => (direction < 0 ? characters[at - 1] : characters[at]);
    while (before(place) !== "\n" && characters[place + direction] !== undefined)
      place += direction;
    return place;
  }

  function repeated(step, direction) {
    let place = selected;
    for (let i = 0; i < step; i++) place = placeInLine(place, direction);
    return place;
  }

  const KEYS = {
    ArrowLeft: () => selected - 1,
    ArrowRight: () => selected + 1,
    ArrowUp: () => repeated(1, -1),
    ArrowDown: () => repeated(1, 1),
    PageUp: () => repeated(LINES_PER_PAGE, -1),
    PageDown: () => repeated(LINES_PER_PAGE, 1),
    Home: (event) => (event.ctrlKey ? 0 : lineEnd(selected, -1)),
    End: (event) => (event.ctrlKey ? characters.length - 1 : lineEnd(selected, 1)),
  };

  area.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    if (!move || selected < 0 || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey) extend(move(event));
    else choose(move(event));
  });

  area.addEventListener("click", (event) => {
    const block = blocks.find((one) => one.node?.contains(event.target));
    const place = block?.spans ? block.spans.indexOf(event.target.closest("span")) : -1;
    if (place < 0) return;
    if (event.shiftKey) extend(block.from + place);
    else if (!selectedText()) choose(block.from + place);
  });

  // ---- a stretch of the text -------------------------------------------------------------------

  function setRange(newRange) {
    if (!newRange) anchor = -1;
    if (range?.begin === newRange?.begin && range?.end === newRange?.end) return;
    range = newRange;
    repaint();
    onRange(range);
  }

  // Selects from where the selection began to a place, which is the selected one then.
  function extend(place) {
    if (place < 0 || place >= characters.length) return;
    if (anchor < 0) anchor = Math.max(0, selected);
    select(place, { focus: true });
    setRange({ begin: Math.min(anchor, place), end: Math.max(anchor, place) + 1 });
    onSelect(place);
  }

  // Returns the browser's own selection if it is within the text, and not empty.
  function selectedText() {
    const selection = getSelection();
    const isInside = [selection.anchorNode, selection.focusNode].every((one) => area.contains(one));
    return isInside && !selection.isCollapsed ? selection.getRangeAt(0) : null;
  }

  // Returns the place of the character that follows a point of the document.
  function placeAfter(node, offset) {
    const block = blocks.find((one) => one.node?.contains(node));
    if (!block?.spans) return -1;
    const inside = block.spans.findIndex((span) => span.contains(node));
    if (inside >= 0) return block.from + inside + (offset > 0 ? 1 : 0);
    const point = document.createRange();
    point.setStart(node, offset);
    const next = block.spans.findIndex((span) => point.comparePoint(span, 0) >= 0);
    return next < 0 ? block.to : block.from + next;
  }

  // Takes over what the browser has selected, by dragging or as a phone does.
  function takeOver() {
    const found = selectedText();
    if (!found) return;
    const begin = placeAfter(found.startContainer, found.startOffset);
    const end = placeAfter(found.endContainer, found.endOffset);
    if (begin < 0 || end <= begin) return;
    anchor = begin;
    select(begin);
    setRange({ begin, end });
    onSelect(begin);
  }

  let settling = null; // the timer until a selection does not change any more
  document.addEventListener("selectionchange", () => {
    clearTimeout(settling);
    if (selectedText()) settling = setTimeout(takeOver, SELECTION_PAUSE_MS);
  });

  // Selects a character as the user does. The focus moves to it, unless `focus` is false and it is
  // elsewhere on the page.
  function choose(place, { focus = true } = {}) {
    if (place < 0 || place >= characters.length) return;
    setRange(null);
    select(place, { focus: focus || area.contains(document.activeElement), scroll: true });
    onSelect(place);
  }

  return { show, select, choose, repaint };
}

// Returns a character as it stands in the text: a newline is visible, and breaks the line.
const shown = (c) => (c === "\n" ? "⏎\n" : c === " " || c === "\t" ? c : visible(c));

function splitIntoBlocks(characters) {
  const blocks = [];
  let from = 0;
  characters.forEach((c, i) => {
    const length = i + 1 - from;
    if ((c === "\n" && length >= BLOCK_CHARACTERS) || length >= MAX_BLOCK_CHARACTERS) {
      blocks.push({ from, to: i + 1, node: null, spans: null });
      from = i + 1;
    }
  });
  if (from < characters.length)
    blocks.push({ from, to: characters.length, node: null, spans: null });
  return blocks;
}
