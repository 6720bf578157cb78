// What of a text, or of up to three, is copied from the training text of the model: a sentence, the
// longest copies, one of them in its place there, and how new the n-grams are. Text is set as
// textContent and text nodes only.

import { pageJob } from "../page/page_job.js";
import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, number, visible } from "../page/tinted_text.js";
import { copiesOf, copyAt, longestCopies, verdictOf } from "./copies.js";

const LISTED_CHARACTERS = 60; // of a copy in the list
const LINES_BEFORE_PX = 48; // height of the context that is seen before a copy, where it is scrolled

// The sentences for the parts of the model's own text, by their keys in inspect/texts.py.
const OWN_PARTS = { "held-out": "verdict-is-held-out", training: "verdict-is-training" };

const files = new Map(); // the training texts that the user brought along, by model: {path, name}

// `ui` is what the component or the tab gives: `find`, `setText`, `t`, `words` and `upload`.
// `ask(name, fields)` calls one of the three server functions. `choose(copy, text)` selects a copy in
// the text with that number, and `changed()` is called when other stretches are to be underlined.
export function noveltyReport({ find, setText, t, words, upload }, { ask, choose, changed }) {
  const root = find(".novelty");
  const inside = (selector) => root.querySelector(selector);
  const list = inside(".novelty-copies ol");
  const figure = inside("figure");
  const fileField = inside("input");

  const comparing = pageJob((job) => ask("stop_comparison", { job }));
  let compared = null; // what is compared: {key, checkpoint, texts, labels, source}
  let answer = null; // of the server, about it
  let hasFailed = false; // there is no answer: the same texts may be compared again
  let copies = []; // of each text
  let placed = null; // the copy that is shown in its place

  const fileOf = () => files.get(compared.checkpoint);

  function draw(state = "", problem = "") {
    const { at_hand: atHand } = answer ?? {};
    setText(inside(".novelty-state"), state);
    setText(inside(".novelty-problem"), problem);
    inside(".novelty-verdict").hidden = inside(".novelty-found").hidden = !atHand;
    inside(".novelty-file").hidden = !(atHand === false || (compared && fileOf()));
    if (!compared) return;
    const file = fileOf();
    setText(
      inside(".novelty-file label span"),
      words[file ? "compare-other-file" : "compare-file"],
    );
    setText(inside(".novelty-file-name"), file ? t("compare-with", { name: file.name }) : "");
    if (!atHand) return;
    drawVerdicts();
    drawCopies();
    drawFigures();
  }

  function drawVerdicts() {
    const verdicts = answer.comparisons.map((found, i) => {
      const line = document.createElement("p");
      if (!found) return line;
      const [chosen, values] = verdictOf(found, answer.held_out);
      const name = OWN_PARTS[compared.source?.split(":")[0]] ?? chosen;
      const percent = formatPercent(values.copied);
      const held = values.held === undefined ? "" : formatPercent(values.held);
      const counts = Object.fromEntries(
        ["k", "n", "min", "longest"].map((key) => [key, number.format(values[key])]),
      );
      const verdict = t(name, { ...counts, percent, held });
      const alpha = compared.labels?.[i];
      setTextWithTerms(line, alpha ? t("compare-alpha", { n: alpha, verdict }) : verdict);
      return line;
    });
    inside(".novelty-verdict").replaceChildren(...verdicts);
  }

  const excerpt = (text, copy, most) => {
    const characters = Array.from(text).slice(copy[0], copy[1]);
    const shown = characters.slice(0, most).map((c) => (c === " " ? c : visible(c)));
    return shown.join("") + (characters.length > most ? "…" : "");
  };

  function drawCopies() {
    const all = copies.flatMap((ofText, text) => ofText.map((copy) => ({ copy, text })));
    const found = longestCopies(all.map(({ copy, text }) => [...copy, text]));
    inside(".novelty-copies").hidden = !all.length;
    list.replaceChildren(...found.listed.map(listed));
    const more = found.others ? t("copies-more", { n: number.format(found.others) }) : "";
    setText(inside(".novelty-more"), more);
    drawPlace(null);
  }

  function listed(entry) {
    const [start, end, , text] = entry;
    const item = document.createElement("li");
    const button = document.createElement("button");
    const [beginning, size] = ["bdi", "span"].map((tag) => document.createElement(tag));
    button.type = "button";
    beginning.textContent = excerpt(compared.texts[text], entry, LISTED_CHARACTERS);
    const counted = t("copy-length", { n: number.format(end - start) });
    const alpha = compared.labels?.[text];
    size.textContent = alpha ? `α = ${alpha} · ${counted}` : counted;
    button.append(beginning, " ", size);
    button.dataset.copy = entry.join(" ");
    button.onclick = () => choose(entry, text);
    item.append(button);
    return item;
  }

  // Shows where the copy that has this character in it stands in the training text; returns it.
  function showPlace(text, at) {
    const copy = at === null ? null : copyAt(copies[text] ?? [], at);
    if (String(copy) !== String(placed?.copy ?? null) || (copy && text !== placed.text))
      place(copy, text);
    return copy;
  }

  async function place(copy, text) {
    placed = copy && { copy, text };
    const key = copy && [...copy, text].join(" ");
    for (const button of list.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.dataset.copy === key));
    if (!copy) return drawPlace(null);
    const asked = placed;
    const [start, end, from] = copy;
    const shown = await ask("show_copy", {
      file: fileOf()?.path,
      start: from,
      length: end - start,
    });
    if (asked !== placed) return;
    const problem = shown ? shown.problem?.message : words["compare-no-answer"];
    setText(inside(".novelty-problem"), problem ?? "");
    drawPlace(shown?.at_hand ? shown : null, from);
  }

  function drawPlace(shown, from) {
    figure.hidden = !shown;
    if (!shown) return;
    const mark = document.createElement("mark");
    mark.textContent = shown.copy;
    const caption = t("copy-in-place", { n: number.format(from + 1) });
    const quotation = inside("figure p");
    setText(inside("figcaption"), caption);
    quotation.setAttribute("aria-label", caption);
    quotation.replaceChildren(shown.before, mark, shown.after);
    quotation.scrollTop = mark.offsetTop - LINES_BEFORE_PX;
  }

  // ---- the figures -----------------------------------------------------------------------------

  function drawFigures() {
    const { comparisons, held_out: heldOut } = answer;
    const texts = comparisons.filter(Boolean);
    const columns = [...texts, ...(heldOut ? [heldOut] : [])];
    const names = texts.map((_, i) =>
      compared.labels ? `α = ${compared.labels[i]}` : words["ngrams-here"],
    );
    if (heldOut) names.push(words["ngrams-held-out"]);
    inside("thead tr").replaceChildren(
      ...[words["new-ngrams"], ...names].map((name) => cell("th", name, "col")),
    );
    const lengths = Object.keys(columns[0]?.new_ngrams ?? {});
    inside("tbody").replaceChildren(
      ...lengths.map((n) => {
        const row = document.createElement("tr");
        const shares = columns.map(({ new_ngrams: shareOf }) => shareOf[n]);
        row.append(
          cell("th", t("ngrams-of", { n }), "row"),
          ...shares.map((share) => cell("td", share === null ? "–" : `${formatPercent(share)} %`)),
        );
        return row;
      }),
    );
    const explained = heldOut ? "ngrams-explained" : "ngrams-explained-alone";
    setText(inside(".novelty-figures .explain"), words[explained]);
  }

  function cell(tag, text, scope) {
    const node = document.createElement(tag);
    if (scope) node.scope = scope;
    setTextWithTerms(node, text);
    return node;
  }

  // ---- comparing -------------------------------------------------------------------------------

  // Compares texts, unless they have been compared already. `key` tells texts apart; `labels` are
  // those of their columns, or null. `source` says if the text is a part of the model's own text.
  async function show(wanted) {
    if (compared?.key === wanted.key && compared.checkpoint === wanted.checkpoint) return;
    hasFailed = false;
    compared = wanted;
    forget();
    draw(words.comparing);
    const { texts } = wanted;
    const file = fileOf()?.path ?? null;
    const found = await comparing.run((job) => ask("compare_texts", { texts, file, job }));
    if (compared !== wanted) return;
    if (!found || found.problem || found.at_hand === undefined) {
      const message = found?.problem?.message ?? words["compare-no-answer"];
      // A file that cannot be used: the next one may be chosen.
      hasFailed = true;
      answer = { at_hand: files.delete(wanted.checkpoint) ? false : undefined };
      return draw("", message);
    }
    answer = found;
    copies = (found.comparisons ?? []).map((one) => (one ? copiesOf(one) : []));
    draw(found.at_hand ? "" : words["compare-absent"]);
    changed();
  }

  // Compares the same texts again if there was no answer.
  function retry() {
    if (!hasFailed) return;
    const wanted = compared;
    compared = null;
    show(wanted);
  }

  function forget() {
    answer = null;
    copies = [];
    placed = null;
  }

  // Shows nothing: there is no text.
  function clear() {
    if (!compared) return;
    comparing.stop();
    compared = null;
    hasFailed = false;
    forget();
    draw();
  }

  async function bring(file) {
    const asked = compared;
    draw(t("compare-sending", { name: file.name }));
    let uploaded = null;
    try {
      uploaded = await upload(file);
    } catch (error) {
      console.info("the file was not sent:", error.name);
    }
    if (compared !== asked) return;
    if (!uploaded?.path) return draw("", t("compare-not-sent", { name: file.name }));
    files.set(asked.checkpoint, { path: uploaded.path, name: file.name });
    compared = null;
    show(asked);
  }

  fileField.onchange = () => {
    const [file] = fileField.files;
    fileField.value = "";
    if (file) bring(file);
  };
  setText(inside("h2"), words.novelty);
  setText(inside("h3"), words.copies);
  draw();

  return {
    show,
    clear,
    showPlace,
    copies: (text = 0) => copies[text] ?? [],
    retry,
  };
}
