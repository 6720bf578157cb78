// The run card: everything it shows is drawn from `props.value` (see card.py) by `draw`.
// Text of corpora and models goes in through textContent only.

const opened = new Set(); // rows of the evolution strip that a reader has unfolded
let spoken = "";

// ---- what the run is at, in words ------------------------------------------------------------

function caption(v) {
  const f = v.facts;
  const parts = [v.title[tongue], words[f.recipe] ?? f.recipe];
  if (f.cell) {
    const layers = f.layers > 1 ? `${f.layers} × ` : "";
    parts.push(layers + { tanh: "tanh RNN", relu: "ReLU RNN", gru: "GRU", lstm: "LSTM" }[f.cell] + ` ${f.hidden}`);
    parts.push(say("parameters", { n: whole.format(f.parameters) }));
  }
  const text = parts.filter(Boolean).join(" · ");
  return v.earlier ? say("earlier", { run: text }) : text;
}

function status(v) {
  const { last, facts, state } = v;
  const speed = last.speed ? say("speed", { n: whole.format(last.speed) }) : "";
  const join = (...parts) => parts.filter(Boolean).join(" · ");
  const elapsed = last.seconds ?? 0;
  switch (state) {
    case "idle": return words.ready;
    case "downloading": return v.fetched ? say("downloading", { n: v.fetched }) : words.fetching;
    case "queued": return v.ahead ? say("ahead", { n: v.ahead }) : words.starting;
    case "stopping": return words.stopping;
    case "running": {
      if (facts.epochs) {
        const left = last.left == null ? "" : say("left", { time: span(last.left) });
        return join(say("epoch-of", { n: Math.floor(last.epoch ?? 0), total: facts.epochs }), left, speed);
      }
      if (facts.seconds) {
        const [done, total] = facts.seconds < 100
          ? [Math.min(elapsed, facts.seconds).toFixed(1), `${facts.seconds} ${words.s}`]
          : [clock(Math.min(elapsed, facts.seconds)), clock(facts.seconds)];
        return join(say("of", { done, total }), speed);
      }
      return join(span(elapsed), speed);
    }
    case "stopped": return say("stopped-at", { time: span(elapsed) });
    case "finished": return join(say("finished-in", { time: span(elapsed) }), speed);
    default: return words[state];
  }
}

// What is worth saying about the curve: trouble first, then a word on what the number means.
function note(v) {
  const { columns: c, facts, state, last } = v;
  if (v.missing) return words.missing;
  if (state === "idle") return words["how-to-begin"];
  if (state === "cancelled") return words["never-began"];
  if (state === "failed") return words[v.end?.why] ?? say("why-failed", { message: v.end?.message ?? "" });
  if (state === "diverged") return diverged(v);
  if (facts.bidirectional) return words.bidirectional;
  const held = c.held.map((p, i) => [p, i]).filter(([p]) => p != null);
  if (held.length > 3) {
    const [best, at] = held.reduce((a, b) => (b[0] < a[0] ? b : a));
    const [now, end] = held[held.length - 1];
    if (now > best * 1.03 && end > at && c.train[end] < c.train[at]) {
      const when = facts.epochs ? say("epoch-n", { n: Math.floor(c.epoch[at]) }) : span(c.seconds[at]);
      return say("overfits", { when, best: figure(keptModel(v)?.shown ?? best) });
    }
  }
  if (!held.length && c.train.length) return words["no-held-out"];
  const reached = last.held;
  const b = facts.baselines ?? {};
  if (!reached) return "";
  if (b.ngram && reached < b.ngram) return say("beats-ngram", { n: figure(b.ngram) });
  if (b.unigram && reached < b.unigram) return say("beats-unigram", { n: figure(b.unigram) });
  if (b.uniform && reached < b.uniform) return say("beats-uniform", { n: whole.format(b.uniform) });
  return "";
}

// What was kept of a run that came to nothing, and what to try next.
function diverged(v) {
  const { step, shown, lost } = keptModel(v) ?? {};
  const kept = !step || lost ? words["diverged-untrained"]
    : shown == null ? say("diverged-step", { n: whole.format(step) })
    : say("diverged-kept", { n: whole.format(step), p: figure(shown) });
  const clipped = v.facts.clip != null && v.facts.clip <= 1;
  return say("why-diverged", { kept, advice: words[clipped ? "try-rate" : "try-clip"] });
}

// ---- what it writes --------------------------------------------------------------------------

function rows(v) {
  const list = find(".run-rows");
  while (list.children.length > v.rows.length) list.lastChild.remove();
  while (list.children.length < v.rows.length) list.appendChild(emptyRow(list.children.length));
  v.rows.forEach((row, i) => {
    const item = list.children[i];
    const sample = row.sample;
    item.className = sample ? (row.now ? "now" : "") : "waiting";
    put(item.querySelector(".share"), row.share != null ? percent(row.share) : sample ? span(sample.seconds) : "");
    put(item.querySelector(".at"), sample?.perplexity == null ? "" : figure(sample.perplexity));
    const text = sample ? JSON.stringify(sample.texts) : "";
    if (item.dataset.text !== text) {
      item.dataset.text = text;
      const line = item.querySelector(".line");
      line.replaceChildren();
      for (const [prefix, continuation] of sample?.texts ?? []) {
        const piece = line.appendChild(document.createElement("span"));
        piece.className = "piece";
        written(piece, prefix, "prefix");
        written(piece, continuation, "new");
      }
    }
    const button = item.querySelector("button");
    button.disabled = !sample;
    button.setAttribute("aria-expanded", String(opened.has(i) && Boolean(sample)));
  });
}

function emptyRow(i) {
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
    opened.has(i) ? opened.delete(i) : opened.add(i);
    rows(props.value);
  });
  item.appendChild(button);
  return item;
}

// A text with its line ends shown as soft marks (and broken there once the row is unfolded).
function written(parent, text, name) {
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

// ---- all of it -------------------------------------------------------------------------------

function summary(v) {
  const p = keptModel(v)?.shown ?? v.last.held ?? v.last.train;
  if (v.state === "diverged") return diverged(v);
  if (p == null) return words["nothing-yet"];
  const start = v.columns.held.find((n) => n != null) ?? v.columns.train.find((n) => n != null);
  return say(v.last.held != null ? "spoken-held" : "spoken-train", {
    state: words[`spoken-${v.state}`] ?? words[v.state], first: figure(start), now: figure(p), bits: inBits(p),
  });
}

function draw() {
  const v = props.value;
  if (!v || !v.columns) return;
  const root = find(".run");
  root.dataset.state = v.state;
  const anyHeld = v.last.held != null;
  const main = anyHeld ? v.columns.held : v.columns.train;
  const measured = anyHeld ? v.last.held : v.last.train;
  const { shown: kept, lost } = keptModel(v) ?? {}; // once it has ended, the model it leaves counts
  const now = kept ?? measured;
  const other = kept != null && figure(kept) !== figure(measured);
  const start = main.find((p) => p != null);
  put(".run-caption", caption(v));
  const link = find(".run-link");
  link.hidden = !v.run;
  if (v.run) link.href = `?run=${encodeURIComponent(v.run)}`;
  const which = anyHeld || now == null ? "held" : "train";
  put(".run-main .run-label", words[`${other ? "kept" : "main"}-${which}`]);
  put(".run-main b", figure(now));
  root.classList.toggle("run-lost", v.state === "diverged" && (kept == null || lost));
  put(".run-main small", start == null || start > TOP ? "" : say("from", { n: figure(start) }));
  put(".run-second .run-label", anyHeld || now == null ? words["curve-train"] : words["curve-held"]);
  put(".run-second b", figure(anyHeld ? v.last.train : null));
  find(".run-second").classList.toggle("problematic", anyHeld && v.last.train > TOP);
  put(".run-bits b", inBits(now));
  put(".run-status span", status(v));
  for (const button of root.querySelectorAll("[data-scale]")) {
    button.setAttribute("aria-checked", String(button.dataset.scale === scale));
    button.tabIndex = button.dataset.scale === scale ? 0 : -1; // one stop of the Tab key, as radios are
  }
  curve(v);
  gradients(v);
  rows(v);
  put(".run-note", note(v));
  attend(v.state);
  // Said aloud when the state changes, not with every figure.
  if (`${v.run} ${v.state}` !== spoken) {
    spoken = `${v.run} ${v.state}`;
    put(".run-spoken", `${words[v.state] ?? ""}. ${summary(v)}`);
    window.dispatchEvent(new CustomEvent("charrnn-run", { detail: v.earlier ? "idle" : v.state }));
  }
}

function choose(unit) {
  scale = unit;
  draw();
  find(`[data-scale="${unit}"]`).focus();
}

put(".run-bits .run-label", words["bits-per-character"]);
put(".run-heading", words.writes);
find(".run").setAttribute("aria-label", words.card);
put(".run-link", words.link);
find(".run-scale").setAttribute("aria-label", words.scale);
for (const button of element.querySelectorAll("[data-scale]")) {
  put(button, words[button.dataset.scale]);
  button.addEventListener("click", () => choose(button.dataset.scale));
}
find(".run-scale").addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow")) return; // of two, either direction leads to the other
  event.preventDefault();
  choose(scale === "bits" ? "perplexity" : "bits");
});
find(".run-gradients").addEventListener("toggle", () => draw());
new ResizeObserver(() => draw()).observe(find(".run-curve"));
watch("value", draw);
draw();
