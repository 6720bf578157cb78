// The list of samples on the run card. A row is unfolded by a click.

import { formatPercent, formatPerplexity, formatSeconds, integerFormat } from "./figures.js";

// Makes the function that draws the samples of a run, with a component's words.
export function sampleList({ find, setText, t, words }) {
  const opened = new Set(); // steps of the samples that are unfolded
  let shown = null; // the run whose samples are drawn

  function drawSamples(v) {
    shown = v;
    const list = find(".run-rows");
    while (list.children.length > v.rows.length) list.lastChild.remove();
    while (list.children.length < v.rows.length) list.appendChild(emptyRow());
    v.rows.forEach((row, i) => {
      const item = list.children[i];
      const sample = row.sample;
      item.dataset.step = sample?.step ?? "";
      item.className = sample ? (row.is_extra ? "extra" : "") : "waiting";
      setText(
        item.querySelector(".share"),
        row.share != null
          ? formatPercent(row.share)
          : sample
            ? formatSeconds(sample.seconds, words)
            : "",
      );
      drawPerplexity(item.querySelector(".at"), sample);
      const text = sample ? JSON.stringify(sample.texts) : "";
      if (item.dataset.text !== text) {
        item.dataset.text = text;
        const line = item.querySelector(".line");
        line.replaceChildren();
        for (const [prefix, continuation] of sample?.texts ?? []) {
          const piece = line.appendChild(document.createElement("span"));
          piece.className = "piece";
          appendText(piece, prefix, "prefix");
          appendText(piece, continuation, "new");
        }
      }
      const button = item.querySelector("button");
      button.disabled = !sample;
      button.setAttribute("aria-expanded", String(opened.has(sample?.step)));
    });
    const near = v.rows.some(
      ({ sample }) => sample?.perplexity != null && sample.measured !== sample.step,
    );
    setText(".run-heading", near ? `${words.writes} · ${words.near}` : words.writes);
  }

  // Draws the perplexity beside a sample, after "≈" if it was measured at another step.
  function drawPerplexity(place, sample) {
    const p = sample?.perplexity;
    const near = p != null && sample.measured !== sample.step;
    setText(
      place,
      p == null ? "" : (near ? "≈\u00a0" : "") + (p < 99999.5 ? formatPerplexity(p) : "> 10⁵"),
    );
    place.title = near
      ? t("near-at", {
          n: integerFormat.format(sample.measured),
          step: integerFormat.format(sample.step),
        })
      : "";
  }

  function emptyRow() {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.title = words.unfold;
    for (const name of ["share", "at", "line"]) {
      const part = document.createElement("span");
      part.className = name;
      button.appendChild(part);
    }
    button.addEventListener("click", () => {
      const step = Number(item.dataset.step);
      if (!opened.delete(step)) opened.add(step);
      drawSamples(shown);
    });
    item.appendChild(button);
    return item;
  }

  // Appends a text with its line ends as marks, and as line breaks once the row is unfolded.
  function appendText(parent, text, name) {
    const part = document.createElement("span");
    part.className = name;
    text.split("\n").forEach((line, i) => {
      if (i) {
        const mark = document.createElement("i");
        mark.textContent = "⏎";
        part.append(mark, "\n");
      }
      part.append(line);
    });
    parent.appendChild(part);
  }

  return drawSamples;
}
