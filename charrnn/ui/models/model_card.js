// Helpers of the Models tab: a model's card with its sparkline, and the stored list of opened
// models.

import { emit, languageTag, MAX_REMEMBERED, STORAGE } from "../page/runtime.js";
import { kept } from "../page/browser_state.js";
import { formatPerplexity } from "../page/list_tools.js";
import { writeStored } from "../page/web_storage.js";
import { setTextWithTerms } from "../page/terms.js";

export const integerFormat = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });

export const megabytes = (bytes) =>
  bytes < 99500 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(1);

// Stores the keys of the models that were opened from the Hub or from a file, the latest first.
export function saveOpened(keys) {
  writeStored("localStorage", STORAGE.opened, keys.slice(0, MAX_REMEMBERED));
  emit("charrnn-opened-changed");
}
export const rememberOpened = (key) =>
  saveOpened([key, ...kept(STORAGE.opened).filter((other) => other !== key)]);

export function appendElement(parent, tag, className = "", text = null) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== null) node.textContent = text;
  return parent.appendChild(node);
}

export function appendButton(parent, name, text, className, action) {
  const node = appendElement(parent, "button", className, text);
  node.type = "button";
  node.dataset.do = name;
  node.addEventListener("click", action);
  return node;
}

// Shows grey shapes as large as cards until the cards come.
export function showSkeletons(box, count) {
  box.replaceChildren();
  for (let i = 0; i < count; i++) {
    const card = appendElement(box, "li", "model-card skeleton");
    card.setAttribute("aria-hidden", "true");
    for (const part of ["head", "line", "curve", "facts", "acts"])
      appendElement(card, "div", `model-${part}`);
  }
}

// Replaces the cards in a list. The focus stays on the same button or term of the same model.
export function replaceCards(box, cards) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("li")?.dataset.key;
  box.replaceChildren(...cards);
  const sameCard = focused && cards.find((card) => card.dataset.key === key);
  const name = focused?.dataset.do ? "do" : "term";
  sameCard
    ?.querySelector(`[data-${name}="${focused.dataset[name]}"]`)
    ?.focus({ preventScroll: true });
}

const SVG = "http://www.w3.org/2000/svg";

// Functions that draw cards with a component's words.
export function cardTools({ element, t, words }) {
  // Draws how the perplexity fell, on a logarithmic scale without axes. A dot marks the end.
  function drawCurve(box, curve) {
    const values = (Array.isArray(curve) ? curve : []).filter((v) => Number.isFinite(v) && v > 0);
    box.replaceChildren();
    box.classList.toggle("bare", values.length < 2);
    if (values.length < 2) return;
    const logs = values.map(Math.log);
    const [low, high] = [Math.min(...logs), Math.max(...logs)];
    const x = (i) => (100 * i) / (logs.length - 1);
    const y = (v) => (high > low ? 6 + 88 * ((high - v) / (high - low)) : 50);
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of [
      ["viewBox", "0 0 100 100"],
      ["preserveAspectRatio", "none"],
      ["role", "img"],
    ])
      svg.setAttribute(name, value);
    svg.setAttribute(
      "aria-label",
      t("curve", { first: formatPerplexity(values[0]), last: formatPerplexity(values.at(-1)) }),
    );
    const line = svg.appendChild(document.createElementNS(SVG, "polyline"));
    line.setAttribute(
      "points",
      logs.map((v, i) => `${x(i).toFixed(2)},${y(v).toFixed(2)}`).join(" "),
    );
    box.append(svg);
    appendElement(box, "i").style.top = `${y(logs.at(-1))}%`;
    box.title = svg.getAttribute("aria-label");
  }

  // Builds a card without its buttons. `content` has the title, lines of text, and either a note,
  // or the curve, the perplexity and what it was measured on (`of`), and facts.
  function buildCard(key, content) {
    const card = document.createElement("li");
    card.className = "model-card";
    card.dataset.key = key;
    const head = appendElement(card, "div", "model-head");
    appendElement(head, "h3", "", content.title).title = content.title;
    if (content.badge) appendElement(head, "span", "model-badge", content.badge);
    for (const text of content.lines) appendElement(card, "p", "model-line", text).title = text;
    if (content.note) appendElement(card, "p", "model-note", content.note);
    else {
      const row = appendElement(card, "div", "model-curve");
      drawCurve(appendElement(row, "div", "model-spark"), content.curve);
      const perplexity = appendElement(row, "p", "model-figure");
      appendElement(perplexity, "b", "", formatPerplexity(content.perplexity));
      if (content.perplexity != null)
        for (const text of [words.perplexity, content.of]) {
          const { perplexity: n } = content;
          setTextWithTerms(appendElement(perplexity, "span"), text ?? "", { perplexity: n });
        }
      const facts = appendElement(card, "div", "model-facts");
      appendElement(facts, "span", "", content.facts.filter(Boolean).join(" · "));
    }
    appendElement(card, "div", "model-acts");
    appendElement(card, "p", "problem model-problem").setAttribute("role", "alert");
    return card;
  }

  // Calls `action` whenever the component becomes visible.
  function whenShown(action) {
    let shown = false;
    new ResizeObserver(() => {
      const now = element.getClientRects().length > 0;
      if (now && !shown) action();
      shown = now;
    }).observe(element);
  }

  return { drawCurve, buildCard, whenShown };
}
