// The charts as inline SVG. run_card.js says what to draw and when.

import { locale } from "../page/runtime.js";
import { appendSvg, drawLabels, evenTicks, path, spreadLabels } from "../page/svg_chart.js";
import { asTerm } from "../page/terms.js";
import {
  formatBits,
  formatClock,
  formatPercent,
  formatPerplexity,
  formatSeconds,
  integerFormat,
  keptModel,
  MAX_SHOWN,
} from "./figures.js";

// 1, 2, 5 × 10^k first and finer steps where there is room, at least `gap` pixels apart.
function logTicks(low, high, y, gap) {
  const kept = [];
  for (const steps of [[1], [2, 5], [3, 7], [1.5], [1.2, 4], [1.1]]) {
    for (let power = -4; power < 7; power++) {
      for (const step of steps) {
        const tick = step * 10 ** power;
        if (tick < low * 0.999 || tick > high * 1.001) continue;
        if (kept.every((other) => Math.abs(y(other) - y(tick)) >= gap)) kept.push(tick);
      }
    }
  }
  return kept.sort((a, b) => a - b);
}

// Returns the value of the curve at point i, as it is drawn: a straight line on a logarithmic scale
// between the measurements on either side. Null before the first and after the last.
function interpolate(xs, ys, i) {
  if (ys[i] != null) return ys[i];
  const before = ys.findLastIndex((p, j) => j < i && p != null);
  const after = ys.findIndex((p, j) => j > i && p != null);
  if (before < 0 || after < 0) return null;
  const share = (xs[i] - xs[before]) / (xs[after] - xs[before] || 1);
  return ys[before] * (ys[after] / ys[before]) ** share;
}

function axisEnd(v, byEpoch, xs) {
  const total = byEpoch ? v.facts.epochs : v.facts.seconds;
  const reached = xs.length ? xs[xs.length - 1] : 0;
  if (total) return Math.max(total, v.state === "running" ? 0 : reached);
  return (
    [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400].find((n) => n >= reached) ?? reached
  );
}

const roundDown = (value) =>
  [100, 70, 50, 30, 20, 14, 10, 7, 5, 4, 3, 2, 1.5, 1].find((n) => n <= value) ?? 1;

// Makes the functions that draw, with a component's words. `unit.scale` is "perplexity" or "bits", the
// unit of the chart; `summary` returns what a run card shows in words, for a screen reader.
export function charts({ find, setText, t, words }, unit, summary) {
  function drawChart(v) {
    const svg = find(".run-curve");
    const width = svg.clientWidth || 640,
      height = svg.clientHeight || 250;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const byEpoch = Boolean(v.facts.epochs);
    const xs = [...v.columns[byEpoch ? "epoch" : "seconds"]];
    const train = [...v.columns.train],
      held = [...v.columns.held];
    if (v.last.seconds != null && v.last.seconds > (v.columns.seconds.at(-1) ?? -1)) {
      xs.push(byEpoch ? v.last.epoch : v.last.seconds);
      train.push(v.last.train);
      held.push(v.last.held);
    }
    const room = { left: 46, right: width < 480 ? 104 : 108, top: 12, bottom: 26 };
    const right = width - room.right,
      base = height - room.bottom;
    const known = Object.entries(v.facts.baselines ?? {}).filter(([, p]) => p);
    const published = v.facts.published ?? [];
    const seen = [...train, ...held].filter((p) => p != null);
    // Ends a little above the worst baseline, so that a curve that explodes does not squeeze the rest.
    const worst = Math.max(...known.map(([, p]) => p), known.length ? 2 : 90);
    const high = Math.min(Math.max(worst, ...seen), worst * 2) * 1.12;
    const low = roundDown(
      Math.min(...seen, ...known.map(([, p]) => p), ...published.map((p) => p[1]), high / 8) / 1.12,
    );
    const end = axisEnd(v, byEpoch, xs);
    const x = (value) => room.left + (value / end) * (right - room.left);
    const within = (p) => (p == null ? null : Math.min(Math.max(p, low), high));
    const y = (p) => base - (Math.log(within(p) / low) / Math.log(high / low)) * (base - room.top);

    // The same axis twice: bits per character are the logarithm of the perplexity.
    const ticks =
      unit.scale === "bits"
        ? evenTicks(Math.log2(high), 7)
            .filter((b) => b >= Math.log2(low) - 1e-6)
            .map((b) => [2 ** b, String(+b.toFixed(2))])
        : logTicks(low, high, y, 24).map((p) => [
            p,
            p >= 1000 ? integerFormat.format(p) : String(+p.toPrecision(2)),
          ]);
    for (const [p, label] of ticks) {
      appendSvg(svg, "line", { class: "grid", x1: room.left, x2: right, y1: y(p), y2: y(p) });
      appendSvg(
        svg,
        "text",
        { class: "tick", x: room.left - 8, y: y(p) + 4, "text-anchor": "end" },
        label,
      );
    }
    const longRun = !byEpoch && end >= 100;
    const timeUnit = byEpoch ? "" : ` ${words.s}`;
    for (const tick of evenTicks(end, width < 480 ? 4 : 6)) {
      const label = longRun ? formatClock(tick) : `${+tick.toFixed(2)}${timeUnit}`;
      appendSvg(
        svg,
        "text",
        { class: "tick", x: x(tick), y: base + 18, "text-anchor": "middle" },
        label,
      );
    }
    const value = (p) => (unit.scale === "bits" ? formatBits(p) : formatPerplexity(p));
    const labels = [];
    for (const [name, p] of known) {
      appendSvg(svg, "line", { class: "baseline", x1: room.left, x2: right, y1: y(p), y2: y(p) });
      const term = name === "ngram" ? "n-gram" : name;
      labels.push({
        name,
        y: y(p),
        text: `${asTerm(words[name], term)} ${value(p)}`,
        kind: "of-baseline",
        numbers: { uniform: p },
      });
    }
    for (const [epoch, p] of published) {
      if (epoch <= end) {
        const ring = appendSvg(svg, "circle", { class: "published", cx: x(epoch), cy: y(p), r: 4 });
        appendSvg(ring, "title", {}, t("published-at", { p: formatPerplexity(p), n: epoch }));
      }
    }
    for (const [name, series] of [
      ["train", train],
      ["held", held],
    ]) {
      const last = series.findLast((p) => p != null);
      if (last == null) continue;
      const only = name === "train" && !held.some((p) => p != null);
      appendSvg(svg, "path", { class: `curve ${only ? "held" : name}`, d: path(xs, series, x, y) });
      const kind =
        last > MAX_SHOWN || (v.state === "diverged" && name === "held")
          ? "of-problem"
          : `of-${only ? "held" : name}`;
      const curve = words[`curve-${name}`];
      const text = `${name === "held" ? asTerm(curve, "held-out") : curve} ${value(last)}`;
      labels.push({ name, y: y(last), text, kind });
    }
    const knew = v.facts.started_from?.held;
    if (knew != null) {
      const dot = appendSvg(svg, "circle", { class: "start", cx: x(0), cy: y(knew), r: 4 });
      const model = v.facts.started_from.title[locale];
      appendSvg(dot, "title", {}, t("started-from-at", { model, n: value(knew) }));
    }
    const kept = keptModel(v),
      keptAt = kept?.[byEpoch ? "epoch" : "seconds"];
    if (
      keptAt != null &&
      kept.shown != null &&
      formatPerplexity(kept.shown) !== formatPerplexity(v.last.held ?? v.last.train)
    ) {
      const dot = appendSvg(svg, "circle", {
        class: "kept",
        cx: x(keptAt),
        cy: y(kept.shown),
        r: 4.5,
      });
      appendSvg(dot, "title", {}, t("kept-at", { p: value(kept.shown) }));
    }
    if (published.length && !known.some(([, p]) => Math.abs(y(p) - y(published.at(-1)[1])) < 1))
      labels.push({
        name: "published",
        y: y(published.at(-1)[1]),
        text: `${words.published} ${value(published.at(-1)[1])}`,
        kind: "of-baseline",
      });
    spreadLabels(labels, 15, room.top - 2, base);
    const placed = labels.map((label) => ({ ...label, x: right + 10 }));
    if (byEpoch) {
      const text = asTerm(words.epochs, "epoch");
      placed.push({ name: "epochs", kind: "of-axis", text, x: right + 20, y: base + 14 });
    }
    drawLabels(find(".run-labels"), placed);
    svg.setAttribute("aria-label", summary(v));
    trackPointer(svg, {
      xs,
      curves: { held, train },
      x,
      y,
      within,
      room,
      right,
      base,
      end,
      value,
      byEpoch,
    });
  }

  // A crosshair under the pointer, with the values of the curves there: "≈" between measurements, "↑"
  // for a value above the end of the chart.
  function trackPointer(svg, at) {
    const line = appendSvg(svg, "line", {
      class: "crosshair",
      y1: at.room.top,
      y2: at.base,
      visibility: "hidden",
    });
    const text = appendSvg(svg, "text", {
      class: "tick readout",
      y: at.room.top + 2,
      visibility: "hidden",
    });
    const dots = Object.keys(at.curves).map((name) =>
      appendSvg(svg, "circle", { class: `dot ${name}`, r: 3.5, visibility: "hidden" }),
    );
    svg.onpointermove = (event) => {
      const box = svg.getBoundingClientRect();
      const here = ((event.clientX - box.left - at.room.left) / (at.right - at.room.left)) * at.end;
      let best = -1;
      at.xs.forEach((v, i) => {
        if (best < 0 || Math.abs(v - here) < Math.abs(at.xs[best] - here)) best = i;
      });
      if (best < 0 || here < 0 || here > at.end) return svg.onpointerleave();
      const px = at.x(at.xs[best]);
      const parts = [
        at.byEpoch
          ? t("epoch-n", { n: +at.xs[best].toFixed(2) })
          : formatSeconds(at.xs[best], words),
      ];
      Object.entries(at.curves).forEach(([name, ys], i) => {
        const drawn = interpolate(at.xs, ys.map(at.within), best);
        dots[i].setAttribute("visibility", drawn == null ? "hidden" : "visible");
        if (drawn == null) return;
        dots[i].setAttribute("cx", px);
        dots[i].setAttribute("cy", at.y(drawn));
        const mark = ys[best] == null ? "≈\u00a0" : ys[best] > drawn ? "↑\u00a0" : "";
        parts.push(`${words[`curve-${name}`]} ${mark}${at.value(ys[best] ?? drawn)}`);
      });
      line.setAttribute("x1", px);
      line.setAttribute("x2", px);
      line.setAttribute("visibility", "visible");
      const flip = px > at.room.left + (at.right - at.room.left) * 0.55;
      text.setAttribute("x", px + (flip ? -6 : 6));
      text.setAttribute("text-anchor", flip ? "end" : "start");
      text.setAttribute("visibility", "visible");
      setText(text, parts.join(" · "));
    };
    svg.onpointerleave = () => {
      for (const part of [line, text, ...dots]) part.setAttribute("visibility", "hidden");
    };
  }

  function drawGradients(v) {
    const { clip } = v.facts;
    const norms = v.columns.norm.filter((n) => n != null);
    const share =
      v.last.clipped == null || clip == null
        ? ""
        : t("clipped", { share: formatPercent(v.last.clipped) });
    setText(".run-gradients summary", [words.gradients, share].filter(Boolean).join(" · "));
    if (!find(".run-gradients").open) return;
    const svg = find(".run-norms");
    const width = svg.clientWidth || 640,
      height = svg.clientHeight || 120;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    const all = [...norms, clip].filter((n) => n > 0);
    const low = Math.min(...all, 0.1) / 1.3,
      high = Math.max(...all, 1) * 1.3;
    const byEpoch = Boolean(v.facts.epochs);
    const xs = v.columns[byEpoch ? "epoch" : "seconds"];
    const right = width - (width < 480 ? 104 : 108),
      base = height - 8;
    const end = axisEnd(v, byEpoch, xs);
    const x = (value) => 46 + (value / end) * (right - 46);
    const y = (n) => base - (Math.log(Math.max(n, low) / low) / Math.log(high / low)) * (base - 8);
    for (const tick of logTicks(low, high, y, 24)) {
      appendSvg(svg, "line", { class: "grid", x1: 46, x2: right, y1: y(tick), y2: y(tick) });
      appendSvg(
        svg,
        "text",
        { class: "tick", x: 38, y: y(tick) + 4, "text-anchor": "end" },
        String(+tick.toPrecision(1)),
      );
    }
    appendSvg(svg, "path", { class: "curve train", d: path(xs, v.columns.norm, x, y) });
    if (clip != null) {
      appendSvg(svg, "line", { class: "baseline", x1: 46, x2: right, y1: y(clip), y2: y(clip) });
      appendSvg(
        svg,
        "text",
        { class: "of-baseline", x: right + 10, y: y(clip) + 4 },
        t("clip-at", { n: clip }),
      );
    }
    svg.setAttribute("aria-label", find(".run-gradients summary").textContent);
  }

  return { drawChart, drawGradients };
}
