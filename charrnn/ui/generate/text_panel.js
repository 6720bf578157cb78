// The sheet of the Generate tab: the text of a page as it grows, three columns of it, and where the
// page is scrolled to. Text goes in through textContent and text nodes only.

import { Growing, number } from "./tinted_text.js";

// `tab` is the page of the tab: `fields()` are the checkpoint and the prefix, `current()` is the page on
// display, `keepColumn(i)` makes one of three columns the page.
export function textPanel({ find, words, t }, tab) {
  const area = find(".write-page");
  const sheet = find(".write-sheet");
  const textBox = find(".write-text");
  const trioBox = find(".write-trio");

  const body = new Growing(textBox);
  let columns = [];
  let drawn = null; // what `body` shows: a page's id, or the prefix of a blank page
  let before = null; // the node that stands right before the new part
  let placed = false; // whether the page has been scrolled to where its new part begins
  let following = false; // whether the page scrolls with what is being written
  let scrolledTo = 0; // where it was scrolled to last; further up, somebody else has been at it

  function drawText(page) {
    const wanted = page.id || `blank:${tab.fields().prefix}`;
    if (drawn !== wanted || body.units > page.text.length) {
      body.reset(page.id ? page.prefix : tab.fields().prefix, page.full);
      trioBox.replaceChildren();
      columns = [];
      drawn = wanted;
      const old = page.tint.length - (page.written ?? 0);
      const points = Array.from(page.text);
      body.grow(points.slice(0, old).join(""), page.tint.slice(0, old));
      before = body.caret.previousElementSibling;
      scrollToNewPart(page);
    }
    body.grow(page.text, page.tint);
    if (!page.id && !tab.fields().prefix) {
      textBox.dataset.hint = words[tab.fields().checkpoint ? "empty" : "empty-no-model"];
    } else delete textBox.dataset.hint;
    textBox.classList.toggle("before-trio", Boolean(page.columns));
    (page.columns ?? []).forEach((column, i) => {
      columns[i] ??= newColumn(column.alpha, page.full, i);
      columns[i].text.grow(column.text, column.tint);
      columns[i].keep.disabled = page.state === "writing";
    });
    if (following && !page.columns) followWriting();
  }

  function newColumn(alpha, full, i) {
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
    trioBox.append(box);
    const growing = new Growing(text);
    growing.reset("", full);
    return { text: growing, keep };
  }

  // Whoever reads begins where the new part begins: after a long text that stands at 30 % of the
  // height, for which the sheet has to be long enough before anything is written.
  function scrollToNewPart(page) {
    sheet.style.minHeight = "";
    const height = area.clientHeight;
    const start = page.id && before ? Math.max(0, lastLine(before) - 0.3 * height) : 0;
    if (start) sheet.style.minHeight = `${start + height}px`;
    area.scrollTop = scrolledTo = start;
    following = page.state === "writing";
    placed = height > 0; // or else another tab is open
  }

  // From there on the page goes along with the writing, until somebody scrolls back.
  function followWriting() {
    following = area.scrollTop >= scrolledTo - 1;
    if (!following) return;
    const room = area.clientHeight - 2 * body.caret.offsetHeight;
    if (lastLine(body.caret) > area.scrollTop + room) area.scrollTop = lastLine(body.caret) - room;
    scrolledTo = area.scrollTop;
  }

  // How far down in the page the last line of a node stands.
  function lastLine(node) {
    const line = [...node.getClientRects()].at(-1);
    return line ? line.top - area.getBoundingClientRect().top + area.scrollTop : 0;
  }

  area.addEventListener("scroll", () => {
    if (columns.length) return;
    following = lastLine(body.caret) < area.scrollTop + area.clientHeight;
    if (following) scrolledTo = area.scrollTop;
  });
  new ResizeObserver(() => placed || scrollToNewPart(tab.current())).observe(area);

  // What has been written now, as a screen reader says it: not what stood there before.
  function spokenResult(page) {
    const n = number.format(page.written);
    if (page.columns) return t("spoken-trio", { k: page.columns.length, n });
    return page.written === 1 ? words["spoken-one"] : t("spoken-done", { n });
  }

  return { area, drawText, spokenResult };
}
