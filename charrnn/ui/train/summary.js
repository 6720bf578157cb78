// The summaries of the chosen text and of the model that the recipe makes for it. Drawn from
// `props.value`; text is set through textContent only.

import { component, languageTag, locale } from "../page/runtime.js";

export function mount(host) {
  const { element, props, watch, find, t, words, trigger } = component(host);

  const number = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 1 });
  const bits = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 2 });
  const perplexity = new Intl.NumberFormat(languageTag, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 3,
  });
  const visible = (character) =>
    ({ " ": words.space, "\n": "⏎", "\t": "⇥", "\u00a0": "NBSP", "\u3000": words.space })[
      character
    ] ??
    (/\p{C}|\p{Z}/u.test(character)
      ? `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`
      : character);
  const setLine = (selector, text) => {
    const node = find(selector);
    if (!node) return; // it belongs to the other summary
    node.textContent = text;
    node.hidden = !text;
  };

  const nonBreaking = (part) => part.replaceAll(" ", "\u00a0"); // lines break between facts, not in them

  function factsText(v) {
    if (v.empty) return words.nothing;
    if (v.characters == null) return "";
    const characters = t("characters", { n: number.format(v.characters) });
    if (v.symbols == null) return characters;
    const parts = [characters, t("symbols", { n: number.format(v.symbols) }), v.encoding];
    if (v.line_ends !== "none")
      parts.push(t("line-ends", { kind: words[v.line_ends] ?? v.line_ends }));
    const share = number.format((100 * v.held_out) / v.characters);
    const where = v.holdout && v.holdout !== "end" ? `held-out-${v.holdout}` : "held-out";
    parts.push(v.held_out ? t(where, { share }) : words["nothing-held-out"]);
    return parts.map(nonBreaking).join(" · ");
  }

  // The held-out part beside the rest: unseen symbols, cross-entropy by counts, repetitions.
  function comparisonText(c) {
    if (!c) return "";
    const percent = (share) => number.format(100 * share);
    return t("compared", {
      unseen: percent(c.unseen),
      bits: bits.format(c.bits),
      own: bits.format(c.own_bits),
      repeated: percent(c.repeated),
    });
  }

  // Offers to hold out another part of the text, with a button, below the warnings.
  function offer(part) {
    if (!part) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "report-offer";
    button.textContent = words[`offer-${part}`];
    button.addEventListener("click", () => trigger("hold_out", { part }));
    find(".report-warning").append(button);
  }

  // How many documents, how long, how many twice.
  function documentsText(d) {
    if (!d) return "";
    const again = d.repeated ? t("documents-repeated", { n: number.format(d.repeated) }) : "";
    return t(`documents-${d.kind}`, {
      n: number.format(d.count),
      median: number.format(d.median),
      longest: number.format(d.longest),
      repeated: again,
    });
  }

  // Proposes to learn a list line by line: one press takes it, another declines it for this text.
  let declined = null; // the beginning of the text for which that was declined
  function proposeLines(v) {
    const place = find(".report-list");
    if (!place) return;
    const isAsked = Boolean(v.looks_like_list) && declined !== v.preview;
    place.hidden = !isAsked;
    place.textContent = isAsked ? words["list-question"] : "";
    if (!isAsked) return;
    const choices = [
      ["list-yes", () => trigger("hold_out", { part: "documents" })],
      [
        "list-no",
        () => {
          declined = v.preview;
          draw();
        },
      ],
    ];
    for (const [key, act] of choices) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "report-offer";
      button.textContent = words[key];
      button.addEventListener("click", act);
      place.append(button);
    }
  }

  // Says that the text has to be downloaded, with its source as a tooltip.
  function download(v) {
    const part = document.createElement("span");
    part.className = "hint";
    part.title = t("download-hint", v.download);
    part.textContent = t("download", v.download);
    element.querySelector(".report-facts").append(" · ", part);
  }

  function modelText(v) {
    if (!v.cell) return "";
    const name = { tanh: "tanh RNN", relu: "ReLU RNN", gru: "GRU", lstm: "LSTM" }[v.cell];
    const parts = [
      t("model", { model: name, hidden: number.format(v.hidden), optimizer: v.optimizer }),
    ];
    if (v.layers > 1) parts.push(t("layers", { n: v.layers }));
    if (v.bidirectional) parts.push(words.bidirectional);
    return parts.join(words.comma);
  }

  function draw() {
    const v = props.value ?? { empty: true };
    setLine(".report-facts", factsText(v));
    if (v.download) download(v);
    const rare = (v.rare ?? []).map(([character, count]) => `${visible(character)} ×${count}`);
    setLine(".report-rare", rare.length ? t("rare", { characters: rare.join(" · ") }) : "");
    setLine(".report-notes", (v.notes ?? []).join("\n"));
    setLine(".report-warning", (v.warnings ?? []).map((warning) => warning[locale]).join("\n"));
    offer(v.offer);
    setLine(".report-documents", documentsText(v.documents));
    proposeLines(v);
    setLine(".report-compared", comparisonText(v.comparison));
    find(".report-facts").title = comparisonText(v.comparison);
    setLine(".report-preview", v.preview ?? "");
  }

  function drawModel() {
    const v = props.value ?? {};
    setLine(".plan-model", modelText(v));
    const figures = (v.published ?? [])
      .map(([n, p]) => t("published-at", { n: number.format(n), p: perplexity.format(p) }))
      .join(words.comma);
    const parts = [figures && t("published", { figures }), v.note && words[v.note]];
    setLine(".plan-published", parts.filter(Boolean).join(" "));
  }

  const drawing = find(".report-facts") ? draw : drawModel;
  const preview = element.querySelector(".report-preview");
  if (preview) preview.setAttribute("aria-label", words.preview);
  watch("value", drawing);
  drawing();
}
