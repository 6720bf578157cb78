// The text of the Generate tab as it grows, in one or three columns, and its scroll position. Text
// is set as textContent and text nodes only.

import { characterCursor } from "./character_cursor.js";
import { GrowingText, number } from "../page/tinted_text.js";

// `tab` is what generate.js provides: `fields()` are the checkpoint and the prefix, `current()` is
// the passage on display, `keepColumn(i)` makes one of three columns the passage, `isLocked()` is
// true while no character of the text can be selected, and `step()` shows one more character if the
// passage is being shown slowly.
export function textPanel({ find, words, t }, tab) {
  const area = find(".generate-page");
  const sheet = find(".generate-sheet");
  const textBox = find(".generate-text");
  const columnsBox = find(".generate-three-alphas");

  const body = new GrowingText(textBox);
  let columns = [];
  const cursor = characterCursor({
    area,
    sheet,
    boxes: () => [textBox, ...columns.map((column) => column.text.box)],
    isLocked: tab.isLocked,
    step: tab.step,
  });
  let drawn = null; // what `body` shows: the id of a passage, or the prefix of a blank one
  let lastOldNode = null; // the node right before the newly generated part
  let positioned = false; // whether the area has been scrolled to the new part
  let following = false; // whether the area scrolls with the text that is being generated
  let scrolledTo = 0; // where this script scrolled to last; further up, the user has scrolled

  function drawText(passage) {
    const wanted = passage.id || `blank:${tab.fields().prefix}`;
    if (drawn !== wanted || body.codeUnits > passage.text.length) {
      body.reset(passage.id ? passage.prefix : tab.fields().prefix, passage.max_surprisal);
      columnsBox.replaceChildren();
      columns = [];
      cursor.put(null);
      drawn = wanted;
      const old = passage.tint.length - (passage.written ?? 0);
      const characters = Array.from(passage.text);
      body.grow(characters.slice(0, old).join(""), passage.tint.slice(0, old));
      lastOldNode = body.caret.previousElementSibling;
      scrollToNewPart(passage);
    }
    body.grow(passage.text, passage.tint);
    if (!passage.id && !tab.fields().prefix) {
      textBox.dataset.hint = words[tab.fields().checkpoint ? "empty" : "empty-no-model"];
    } else delete textBox.dataset.hint;
    textBox.classList.toggle("before-three-alphas", Boolean(passage.columns));
    (passage.columns ?? []).forEach((column, i) => {
      columns[i] ??= newColumn(column.alpha, passage.max_surprisal, i);
      columns[i].text.grow(column.text, column.tint);
      columns[i].keep.disabled = passage.state === "writing";
    });
    if (following && !passage.columns) followWriting();
  }

  function newColumn(alpha, maxSurprisal, i) {
    const box = document.createElement("article");
    const head = document.createElement("header");
    const title = document.createElement("h3");
    title.textContent = t("alpha", { n: alpha });
    const keep = document.createElement("button");
    keep.type = "button";
    keep.className = "act small";
    keep.textContent = words.keep;
    keep.onclick = () => tab.keepColumn(i);
    const text = document.createElement("div");
    text.dir = "auto";
    head.append(title, keep);
    box.append(head, text);
    columnsBox.append(box);
    const growing = new GrowingText(text);
    growing.reset("", maxSurprisal);
    return { text: growing, keep };
  }

  // Scrolls so that the new part begins at 30 % of the height, if a long text comes before it. For
  // this the sheet is made long enough before there is any new text.
  function scrollToNewPart(passage) {
    sheet.style.minHeight = "";
    const height = area.clientHeight;
    const start = passage.id && lastOldNode ? Math.max(0, lastLine(lastOldNode) - 0.3 * height) : 0;
    if (start) sheet.style.minHeight = `${start + height}px`;
    area.scrollTop = scrolledTo = start;
    following = passage.state === "writing";
    positioned = height > 0; // or else another tab is open
  }

  // Scrolls with the text that is being generated, until the user scrolls back.
  function followWriting() {
    following = area.scrollTop >= scrolledTo - 1;
    if (!following) return;
    const room = area.clientHeight - 2 * body.caret.offsetHeight;
    if (lastLine(body.caret) > area.scrollTop + room) area.scrollTop = lastLine(body.caret) - room;
    scrolledTo = area.scrollTop;
  }

  // Scrolls to the end of the text, and focuses the text.
  function showEnd() {
    area.focus({ preventScroll: true });
    if (!columns.length) area.scrollTop = lastLine(body.caret) - area.clientHeight / 2;
  }

  // Returns how far down the last line of a node is, in pixels.
  function lastLine(node) {
    const line = [...node.getClientRects()].at(-1);
    return line ? line.top - area.getBoundingClientRect().top + area.scrollTop : 0;
  }

  area.addEventListener("scroll", () => {
    if (columns.length) return;
    following = lastLine(body.caret) < area.scrollTop + area.clientHeight;
    if (following) scrolledTo = area.scrollTop;
  });
  new ResizeObserver(() => positioned || scrollToNewPart(tab.current())).observe(area);

  // Returns what a screen reader says of the newly generated text.
  function spokenResult(passage) {
    const n = number.format(passage.written);
    if (passage.columns) return t("spoken-three-alphas", { k: passage.columns.length, n });
    return passage.written === 1 ? words["spoken-one"] : t("spoken-done", { n });
  }

  return { area, cursor, drawText, showEnd, spokenResult };
}
