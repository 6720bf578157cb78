// The chart of gradient norms by steps back, on a logarithmic scale, and what it says at one step,
// which the pointer or the arrow keys choose.

import { appendSvg, drawLabels, evenTicks, path, spreadLabels } from "../page/svg_chart.js";

const HEIGHT = 230;
const ROOM = { left: 44, right: 76, top: 10, bottom: 40 };
const DECADES = [-10, -3]; // between which the scale ends at the bottom
const MAX_TICKS = 6;
const VANISHED = 1e-37; // a smaller norm is no number any more
const PAGE_STEPS = 8; // that Page Up and Page Down move

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷" };
Object.assign(SUPERSCRIPTS, { 8: "⁸", 9: "⁹" });
const powerOfTen = (exponent) =>
  `10${Array.from(String(exponent), (digit) => SUPERSCRIPTS[digit]).join("")}`;

// Returns a norm as text: "0.037", "1.2·10⁻⁵".
export function formatNorm(value) {
  if (value < VANISHED) return "0";
  if (value >= 0.01 && value < 1000) return String(Number(value.toPrecision(2)));
  const exponent = Math.floor(Math.log10(value));
  return `${(value / 10 ** exponent).toFixed(1)}·${powerOfTen(exponent)}`;
}

// `tab` is what `inspect.js` gives each mode.
export function reachChart({ find, setText, t, words }) {
  const plot = find(".reach-plot");
  const svg = find(".reach-chart");

  // What is drawn: lines with a `name` and the norms `values` for k = 0, 1, …; the greatest k; and
  // after how many steps training cut the gradient, or null.
  let drawn = { lines: [], last: 1, cut: null };
  let chosen = 0; // the k that is read out
  let scales = null; // functions x(k) and y(norm), and the `base` and `width`

  const shortName = (name) => words[`reach-short-${name}`];

  function draw(lines, last, cut) {
    if (last !== drawn.last) chosen = Math.round(last / 4);
    drawn = { lines, last, cut };
    const width = svg.clientWidth || 340;
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren();
    plot.setAttribute("aria-valuemax", String(last));
    if (!lines.length) return drawLabels(find(".reach-labels"), []);
    const all = lines.flatMap(({ values }) => values);
    const own = lines.filter(({ name }) => ["model", "cell"].includes(name));
    const lowest = Math.log10(Math.min(...own.flatMap(({ values }) => values)));
    const low = Math.min(Math.max(Math.floor(lowest), DECADES[0]), DECADES[1]);
    const high = Math.log10(Math.max(...all)) + 0.15;
    const [right, base] = [width - ROOM.right, HEIGHT - ROOM.bottom];
    scales = {
      x: (k) => ROOM.left + (k / last) * (right - ROOM.left),
      y: (norm) =>
        base - ((Math.log10(Math.max(norm, VANISHED)) - low) / (high - low)) * (base - ROOM.top),
      base,
      right,
    };
    drawAxes(low, high);
    if (cut !== null && cut <= last) drawCut(cut);
    drawLines();
    drawChosen();
  }

  function drawAxes(low, high) {
    const { x, y, base, right } = scales;
    const step = Math.ceil((high - low) / MAX_TICKS);
    for (let exponent = Math.floor(high); exponent >= low; exponent -= step) {
      const at = y(10 ** exponent);
      const label = exponent ? powerOfTen(exponent) : "1";
      appendSvg(svg, "line", { class: "grid", x1: ROOM.left, x2: right, y1: at, y2: at });
      const place = { class: "tick", x: ROOM.left - 6, y: at + 4, "text-anchor": "end" };
      appendSvg(svg, "text", place, label);
    }
    for (const k of evenTicks(drawn.last, 4)) {
      const place = { class: "tick", x: x(k), y: base + 16, "text-anchor": "middle" };
      appendSvg(svg, "text", place, String(k));
    }
    const middle = { class: "tick", x: (ROOM.left + right) / 2, y: base + 33 };
    appendSvg(svg, "text", { ...middle, "text-anchor": "middle" }, words["reach-axis"]);
  }

  function drawCut(cut) {
    const at = scales.x(cut);
    appendSvg(svg, "line", { class: "cut", x1: at, x2: at, y1: ROOM.top, y2: scales.base });
  }

  // Lines end where they leave the chart; their labels stand there, or at the end of the line.
  function drawLines() {
    const { x, y, base, right } = scales;
    const inner = appendSvg(svg, "svg", { x: 0, y: 0, width: right, height: base });
    const ks = Array.from({ length: drawn.last + 1 }, (_, k) => k);
    const labels = drawn.lines.map(({ name, values }) => {
      appendSvg(inner, "path", { class: `curve of-${name}`, d: path(ks, values, x, y) });
      return { name, kind: `of-${name}`, text: shortName(name), y: y(values.at(-1)), x: right + 6 };
    });
    spreadLabels(labels, 15, ROOM.top, base);
    drawLabels(find(".reach-labels"), labels);
  }

  // ---- one step --------------------------------------------------------------------------------

  function drawChosen() {
    for (const old of svg.querySelectorAll(".chosen")) old.remove();
    const at = scales.x(chosen);
    const mark = { class: "chosen", x1: at, x2: at, y1: ROOM.top, y2: scales.base };
    appendSvg(svg, "line", mark);
    for (const { name, values } of drawn.lines) {
      const height = scales.y(values[chosen]);
      if (height > scales.base) continue;
      appendSvg(svg, "circle", { class: `chosen of-${name}`, cx: at, cy: height, r: 3.5 });
    }
    drawReadout();
  }

  function drawReadout() {
    const at = t("reach-at", { k: chosen });
    setText(find(".reach-readout caption"), at);
    const rows = drawn.lines.map(({ name, values }) => {
      const row = document.createElement("tr");
      const [sample, head, cell] = ["td", "th", "td"].map((tag) => document.createElement(tag));
      const line = appendSvg(sample, "svg", { viewBox: "0 0 26 8", "aria-hidden": "true" });
      appendSvg(line, "path", { class: `curve of-${name}`, d: "M1,4L25,4" });
      head.scope = "row";
      head.textContent = words[`reach-line-${name}`];
      cell.textContent = formatNorm(values[chosen]);
      row.append(sample, head, cell);
      return row;
    });
    find(".reach-readout tbody").replaceChildren(...rows);
    const spoken = drawn.lines.map(
      ({ name, values }) => `${words[`reach-line-${name}`]} ${formatNorm(values[chosen])}`,
    );
    plot.setAttribute("aria-valuenow", String(chosen));
    plot.setAttribute("aria-valuetext", `${at}: ${spoken.join(", ")}`);
  }

  function choose(k) {
    if (!drawn.lines.length) return;
    chosen = Math.min(drawn.last, Math.max(0, k));
    drawChosen();
  }

  const KEYS = {
    ArrowLeft: () => chosen - 1,
    ArrowDown: () => chosen - 1,
    ArrowRight: () => chosen + 1,
    ArrowUp: () => chosen + 1,
    PageDown: () => chosen - PAGE_STEPS,
    PageUp: () => chosen + PAGE_STEPS,
    Home: () => 0,
    End: () => drawn.last,
  };
  plot.onkeydown = (event) => {
    if (!KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(KEYS[event.key]());
  };
  plot.onpointermove = plot.onpointerdown = (event) => {
    if (!scales) return;
    const at = event.clientX - svg.getBoundingClientRect().left - ROOM.left;
    choose(Math.round((at / (scales.right - ROOM.left)) * drawn.last));
  };
  plot.setAttribute("aria-label", words["reach-chart"]);
  new ResizeObserver(() => drawn.lines.length && draw(...Object.values(drawn))).observe(svg);

  return { draw };
}
