// What the parts of the Models tab share: a card with its sparkline, and the list of opened models.

import { emit, languageTag, MAX_REMEMBERED, STORAGE } from "../page/runtime.js";
import { formatPerplexity, kept } from "../page/storage.js";

export const integerFormat = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });

export const megabytes = (bytes) =>
  bytes < 99500 ? (bytes / 1e6).toFixed(2) : (bytes / 1e6).toFixed(1);

// The models that were opened from the Hub or from a file, the latest first.
export function saveOpened(keys) {
  try {
    localStorage.setItem(STORAGE.opened, JSON.stringify(keys.slice(0, MAX_REMEMBERED)));
  } catch (denied) {
    console.info("the model is not remembered:", denied.name);
  }
  emit("charrnn-opened-changed");
}
export const rememberOpened = (key) =>
  saveOpened([key, ...kept(STORAGE.opened).filter((one) => one !== key)]);

export function appendElement(parent, tag, looks = "", text = null) {
  const node = document.createElement(tag);
  if (looks) node.className = looks;
  if (text !== null) node.textContent = text;
  return parent.appendChild(node);
}

export function button(parent, name, text, looks, act) {
  const node = appendElement(parent, "button", looks, text);
  node.type = "button";
  node.dataset.do = name;
  node.addEventListener("click", act);
  return node;
}

// Grey shapes as large as cards, until these come.
export function skeletons(box, many) {
  box.replaceChildren();
  for (let i = 0; i < many; i++) {
    const card = appendElement(box, "li", "model-card skeleton");
    card.setAttribute("aria-hidden", "true");
    for (const part of ["head", "line", "curve", "facts", "acts"])
      appendElement(card, "div", `model-${part}`);
  }
}

// New cards take the place of the old ones; the keyboard's focus stays where it was.
export function replaceCards(box, cards) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.closest("li")?.dataset.key;
  box.replaceChildren(...cards);
  const same = focused && cards.find((card) => card.dataset.key === key);
  same?.querySelector(`[data-do="${focused.dataset.do}"]`)?.focus({ preventScroll: true });
}

const SVG = "http://www.w3.org/2000/svg";

// What draws a card with a component's words, and tells when the component is seen.
export function cardTools({ element, t, words }) {
  // A curve on a logarithmic scale, without axes: how the perplexity fell. Its end is a dot.
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

  // The frame of a card; `told` has its title, lines of text, curve, perplexity and what that is of,
  // facts; or a note instead of all that is not known.
  function cardFrame(key, told) {
    const card = document.createElement("li");
    card.className = "model-card";
    card.dataset.key = key;
    const head = appendElement(card, "div", "model-head");
    appendElement(head, "h3", "", told.title).title = told.title;
    if (told.badge) appendElement(head, "span", "model-badge", told.badge);
    for (const text of told.lines) appendElement(card, "p", "model-line", text).title = text;
    if (told.note) appendElement(card, "p", "model-note", told.note);
    else {
      const row = appendElement(card, "div", "model-curve");
      drawCurve(appendElement(row, "div", "model-spark"), told.curve);
      const perplexity = appendElement(row, "p", "model-figure");
      appendElement(perplexity, "b", "", formatPerplexity(told.perplexity));
      if (told.perplexity != null)
        for (const text of [words.perplexity, told.of])
          appendElement(perplexity, "span", "", text ?? "");
      const facts = appendElement(card, "div", "model-facts");
      appendElement(facts, "span", "", told.facts.filter(Boolean).join(" · "));
    }
    appendElement(card, "div", "model-acts");
    appendElement(card, "p", "model-problem").setAttribute("role", "alert");
    return card;
  }

  // Calls `act` whenever the tab is seen after it was not.
  function whenSeen(act) {
    let seen = false;
    new ResizeObserver(() => {
      const now = element.getClientRects().length > 0;
      if (now && !seen) act();
      seen = now;
    }).observe(element);
  }

  return { drawCurve, cardFrame, whenSeen };
}
