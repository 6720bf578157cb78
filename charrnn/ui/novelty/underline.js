// Underlines stretches of a text that GrowingText has drawn (tinted_text.js).

const COPIED = "copied";

// Returns how many characters of a text are in a node: a character shown as its code is one element.
const charactersIn = (node) =>
  node.nodeType === Node.TEXT_NODE ? Array.from(node.data).length : 1;
const lengthOf = (span) => [...span.childNodes].reduce((sum, node) => sum + charactersIn(node), 0);

// Cuts a span after its first `count` characters; returns the new one with the rest.
function cut(span, count) {
  let left = count;
  let node = span.firstChild;
  while (left >= charactersIn(node)) {
    left -= charactersIn(node);
    node = node.nextSibling;
  }
  if (left) node = node.splitText(Array.from(node.data).slice(0, left).join("").length);
  const rest = span.cloneNode(false);
  while (node) {
    const next = node.nextSibling;
    rest.append(node);
    node = next;
  }
  span.after(rest);
  return rest;
}

// Underlines the intervals [start, end] of the text in `box`, which are in order and apart, and
// nothing else. Their characters are those of its spans.
export function underline(box, intervals) {
  let at = 0;
  let i = 0;
  let span = box.querySelector(":scope > span");
  while (span) {
    while (intervals[i]?.[1] <= at) i++;
    const [start, end] = intervals[i] ?? [Infinity, Infinity];
    const isCopied = start <= at;
    const until = isCopied ? end : start;
    const length = lengthOf(span);
    if (at + length > until) cut(span, until - at);
    at += Math.min(length, until - at);
    span.classList.toggle(COPIED, isCopied);
    do span = span.nextElementSibling;
    while (span && span.tagName !== "SPAN");
  }
}
