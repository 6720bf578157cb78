// Whole lines by a model that was trained on lines: a list in place of the text. Each is new or
// stands in the training text; a star keeps it while others are written. Text is set as
// textContent only.

import { component, copyText, listen, STORAGE } from "../page/runtime.js";
import { readStored, writeStored } from "../page/web_storage.js";
import { download, linesAsCsv, linesAsText } from "./lines_export.js";
import { wordKey } from "./lines_words.js";
import { prompt } from "./prompt.js";

const COUNTS = [10, 20, 50, 100];
const SAID_MS = 1500; // for which the Copy button says that it has copied
const MAX_STARRED = 500; // lines that are kept over a reload, of all models

export function mount(host) {
  const { element, server, find, setText, t, words } = component(host);
  const word = (key) => words[wordKey(words, key, kind)];
  const say = (key, values) => t(wordKey(words, key, kind), values);

  const section = find(".lines");
  const list = find("ol");
  const count = find("select");
  const newOnly = find(".lines-new-only input");
  const button = (name) => find(`[data-do="${name}"]`);

  let checkpoint = null; // the chosen model
  let kind = "none"; // what it was trained on: "lines", "blank-lines", "files" or "none"
  let knows = false; // which lines are new
  let lines = []; // those on display, starred ones first
  let alpha = 1;
  let busy = false;
  let requests = 0;
  let message = ""; // of the latest problem
  let only = null; // how many were written, if fewer than asked for
  const starred = readStars(); // by model

  function draw() {
    section.hidden = kind === "none";
    element.closest(".generate-columns")?.classList.toggle("writes-lines", kind !== "none");
    if (section.hidden) return;
    section.setAttribute("aria-label", word("lines"));
    section.setAttribute("aria-busy", String(busy));
    setText(find(".lines-problem"), message);
    const write = button("write");
    setText(write, busy ? words.writing : say("write", { n: count.value }));
    write.setAttribute("aria-disabled", String(busy)); // disabled would lose the focus
    newOnly.disabled = !knows;
    find(".lines-new-only").title = knows ? "" : word("unknown-hint");
    setText(find(".lines-note"), note());
    list.replaceChildren(...lines.map(item));
    for (const name of ["copy", "text", "csv"]) button(name).disabled = !lines.length;
    setText(button("copy"), words[chosen().length < lines.length ? "copy-starred" : "copy"]);
  }

  function note() {
    if (only !== null) return say("only", { n: only });
    if (!lines.length) return busy ? "" : word("empty");
    return knows ? "" : word("unknown-hint");
  }

  function item(line) {
    const place = document.createElement("li");
    const star = document.createElement("button");
    star.type = "button";
    star.className = "lines-star";
    star.textContent = line.starred ? "★" : "☆";
    star.setAttribute("aria-pressed", String(line.starred));
    star.setAttribute("aria-label", t("star", { line: line.text }));
    star.onclick = () => toggleStar(line);
    const text = document.createElement("span");
    text.className = "lines-text";
    text.dir = "auto";
    text.textContent = line.text || word("blank");
    text.classList.toggle("is-blank", !line.text);
    const about = document.createElement("span");
    about.className = "lines-about";
    about.append(...marks(line));
    place.append(star, text, about);
    return place;
  }

  function marks(line) {
    const found = [];
    if (line.new !== null) {
      const mark = document.createElement("b");
      mark.className = line.new ? "is-new" : "is-copied";
      mark.textContent = words[line.new ? "new" : "copied-line"];
      found.push(mark);
    }
    if (!line.complete) found.push(` ${words.incomplete}`);
    if (line.new && line.nearest) {
      const near = document.createElement("small");
      near.textContent = t("nearest", { line: line.nearest, n: line.distance });
      found.push(near);
    }
    return found;
  }

  function toggleStar(line) {
    const at = lines.indexOf(line);
    line.starred = !line.starred;
    const kept = (starred[checkpoint] ?? []).filter(({ text }) => text !== line.text);
    starred[checkpoint] = line.starred ? [...kept, line] : kept;
    keepStars(starred);
    draw();
    list.children[at]?.querySelector("button").focus({ preventScroll: true });
  }

  const chosen = () => {
    const stars = lines.filter((line) => line.starred);
    return stars.length ? stars : lines;
  };

  async function write() {
    if (busy || !checkpoint) return;
    busy = true;
    message = "";
    only = null;
    const request = ++requests;
    draw();
    setText(find(".lines-spoken"), words.writing);
    const wanted = Number(count.value);
    const answer = await server.write_lines({
      checkpoint,
      n: wanted,
      prefix: (prompt.fields?.prefix ?? "").replaceAll("\n", " "),
      alpha,
      seed: document.querySelector("#generate-seed :is(input, textarea)")?.value ?? "",
      new_only: newOnly.checked && knows,
    });
    if (request !== requests) return; // another model was chosen meanwhile
    busy = false;
    message = !answer ? words.silent : (answer.problem?.message ?? "");
    if (answer?.lines) {
      const kept = lines.filter((line) => line.starred);
      const texts = new Set(kept.map(({ text }) => text));
      const fresh = answer.lines.filter(({ text }) => !texts.has(text));
      lines = [...kept, ...fresh.map((line) => ({ ...line, starred: false }))];
      if (answer.lines.length < wanted) only = answer.lines.length;
    }
    draw();
    setText(find(".lines-spoken"), message || say("spoken", { n: answer.lines.length }));
  }

  async function takeModel(key) {
    checkpoint = key;
    const request = ++requests;
    busy = false;
    message = "";
    only = null;
    const answer = key ? await server.describe_lines({ checkpoint: key }) : null;
    if (request !== requests) return;
    kind = answer?.documents ?? "none";
    knows = Boolean(answer?.knows_lines);
    lines = (starred[key] ?? []).map((line) => ({ ...line, starred: true }));
    draw();
  }

  // ---- setup -----------------------------------------------------------------------------------

  setText(find(".lines-count span"), words.count);
  for (const n of COUNTS) count.add(new Option(String(n), String(n), n === 20, n === 20));
  setText(find(".lines-new-only span"), words["new-only"]);
  setText(button("copy"), words.copy);
  setText(button("text"), words["as-text"]);
  setText(button("csv"), words["as-csv"]);
  count.onchange = draw;
  button("write").onclick = write;
  button("copy").onclick = async () => {
    await copyText(linesAsText(chosen()).trimEnd());
    setText(button("copy"), words.copied);
    setTimeout(draw, SAID_MS);
  };
  button("text").onclick = () => download("lines.txt", "text/plain", linesAsText(chosen()));
  button("csv").onclick = () => download("lines.csv", "text/csv", linesAsCsv(chosen()));
  document.addEventListener("keydown", (event) => {
    if (!section.offsetParent) return; // another tab or another kind of model
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      write();
    }
  });
  listen("charrnn-prompt-fields", (fields) => {
    if (fields.checkpoint !== checkpoint) takeModel(fields.checkpoint);
  });
  listen("charrnn-model-chosen", (key) => {
    if (key !== checkpoint) takeModel(key);
  });
  listen("charrnn-alpha-chosen", (detail) => {
    alpha = detail.alpha;
  });
  draw();
  if (prompt.fields?.checkpoint ?? host.props.checkpoint)
    takeModel(prompt.fields?.checkpoint ?? host.props.checkpoint);
}

function readStars() {
  const found = readStored("sessionStorage", STORAGE.starredLines);
  return found && typeof found === "object" && !Array.isArray(found) ? found : {};
}

function keepStars(starred) {
  const models = Object.entries(starred).filter(([, lines]) => lines.length);
  let left = MAX_STARRED;
  const kept = models.reverse().map(([key, lines]) => {
    const some = lines.slice(-left || lines.length);
    left = Math.max(0, left - some.length);
    return [key, some];
  });
  writeStored("sessionStorage", STORAGE.starredLines, Object.fromEntries(kept.reverse()));
}
