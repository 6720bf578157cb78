// What charts have in common: nodes of SVG, ticks, labels beside lines that do not overlap.

import { setTextWithTerms } from "./terms.js";

export function appendSvg(parent, tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

// Returns ticks from 0 to `end`, `most` of them or one more.
export function evenTicks(end, most) {
  const raw = end / most;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * size).find((n) => n >= raw);
  return Array.from({ length: Math.floor(end / step + 1e-9) + 1 }, (_, i) => i * step);
}

// Push labels apart until none overlaps, keeping their order and staying within the chart.
export function spreadLabels(labels, gap, top, bottom) {
  labels.sort((a, b) => a.y - b.y);
  for (let round = 0; round < 60; round++) {
    let moved = false;
    labels.forEach((label, i) => {
      const next = labels[i + 1];
      if (next && next.y - label.y < gap) {
        const push = (gap - (next.y - label.y)) / 2;
        label.y -= push;
        next.y += push;
        moved = push > 0.2 || moved;
      }
      label.y = Math.min(Math.max(label.y, top), bottom);
    });
    if (!moved) break;
  }
}

// Draws the labels of the lines, and keeps those that are there: one of them may have the focus.
export function drawLabels(box, labels) {
  const old = new Map([...box.children].map((node) => [node.dataset.name, node]));
  for (const { name, kind, text, x, y, numbers } of labels) {
    const node = old.get(name) ?? box.appendChild(document.createElement("span"));
    old.delete(name);
    node.dataset.name = name;
    node.className = kind;
    node.style.left = `${x}px`;
    node.style.top = `${y}px`;
    setTextWithTerms(node, text, numbers);
  }
  for (const node of old.values()) node.remove();
}

// Returns the path of a curve; where it has no value, the points beside it are connected.
export function path(xs, ys, x, y) {
  let d = "";
  xs.forEach((value, i) => {
    if (value != null && ys[i] != null)
      d += `${d ? "L" : "M"}${x(value).toFixed(1)},${y(ys[i]).toFixed(1)}`;
  });
  return d;
}
