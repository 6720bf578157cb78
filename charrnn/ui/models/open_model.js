// The field that opens a model, by name or from a file (see open_model.py). Here is what was typed; the
// server tells how far it is, in `props.value`, with the number of the question that it answers.

import { component, emit, listen } from "../page/runtime.js";
import { megabytes, rememberOpened } from "./model_card.js";

// Gradio's event that opens a model is over.
export const noteOpenSettled = () => emit("charrnn-open-settled");

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, upload, find, setText, t, words } = ui;

  const box = find(".opener");
  const name = find(".opener-name");
  const busy = find(".opener-busy");
  const pick = find(".opener-pick input");

  let asked = 0;
  let answered = 0; // the last question of which something has been heard
  let unwanted = 0; // one called off before that: Gradio cannot stop what it has not begun
  let opening = null; // what is being opened, as it is called
  let byHand = false; // the keyboard's focus is ours to move

  setText(find("h2"), words["open-title"]);
  setText(find(".opener-go"), words.open);
  setText(busy.querySelector("button"), words["open-cancel"]);
  const [before, , after] = find(".opener-hint").children;
  setText(before, words["open-hint"]);
  setText(find(".opener-pick span"), words["open-file"]);
  setText(after, words["open-file-hint"]);
  name.placeholder = words["open-placeholder"];

  function draw(told, { done = 0, total = null } = {}) {
    find(".opener-hint").hidden = Boolean(opening);
    busy.hidden = !opening;
    find(".opener-go").setAttribute("aria-disabled", String(Boolean(opening))); // keeps the focus
    name.readOnly = Boolean(opening);
    box.setAttribute("aria-busy", String(Boolean(opening)));
    const bar = busy.querySelector("progress");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    setText(busy.querySelector("p"), told ?? "");
  }

  function begin(called, told) {
    opening = called;
    byHand = box.contains(document.activeElement);
    problem("");
    draw(told);
    setText(find(".spoken"), told);
    if (byHand) busy.querySelector("button").focus({ preventScroll: true });
    return ++asked;
  }

  function end(said = "") {
    const back = busy.contains(document.activeElement);
    opening = null;
    draw();
    setText(find(".spoken"), said);
    removeModelFromAddress();
    if (back) name.focus({ preventScroll: true });
  }

  // What is wrong stands beside the field, and what was typed stays in it.
  function problem(message) {
    setText(find(".model-problem"), message);
    name.setAttribute("aria-invalid", String(Boolean(message)));
  }

  function open(model) {
    if (opening) return;
    if (!model) {
      problem(words["open-empty"]);
      return name.focus();
    }
    const ask = begin(model, t("open-asking", { name: model }));
    trigger("open", { ask, model });
  }

  const GRACE_MS = 4000;
  const MB = 2 ** 20; // as limits count
  const KINDS = /\.(safetensors|zip)$/i;

  async function openFile(file) {
    if (opening) return;
    const [, kind] = KINDS.exec(file.name) ?? [];
    if (!kind) return problem(t("open-kind", { name: file.name }));
    const most = props.most[kind.toLowerCase()];
    if (file.size > most) {
      const [size, of] = [file.size, most].map((bytes) => bytes / MB);
      return problem(
        t("open-too-large", { name: file.name, size: size.toFixed(1), most: Math.floor(of) }),
      );
    }
    const ask = begin(file.name, t("open-file-progress", { name: file.name }));
    let sent = null;
    try {
      sent = await upload(file);
    } catch (error) {
      console.info("the file was not sent:", error.name);
    }
    if (ask !== asked || !opening) return; // called off meanwhile
    if (sent?.path) {
      draw(t("open-proving", { name: file.name }));
      return trigger("open", { ask, file: sent.path });
    }
    end();
    problem(t("open-not-sent", { name: file.name }));
  }

  function cancel() {
    if (!opening) return;
    if (answered === asked) trigger("cancel");
    else unwanted = asked;
    asked++;
    end(words["open-cancelled"]);
  }

  function receive(told) {
    if (told?.ask === unwanted && told.state === "opening" && !opening) {
      unwanted = 0;
      trigger("cancel");
    }
    if (!opening || told?.ask !== asked) return;
    answered = asked;
    if (told.state === "opening") {
      const { done, total } = told;
      if (total)
        draw(
          t("open-progress", { name: opening, done: megabytes(done), total: megabytes(total) }),
          told,
        );
      return;
    }
    const called = opening;
    end(told.state === "opened" ? t("open-done", { name: called }) : "");
    if (told.state === "problem") return problem(told.message);
    name.value = "";
    if (told.kept) rememberOpened(told.key);
    emit("charrnn-use-model", { key: told.key });
  }

  // Gradio's event is over, or has failed without a word of ours.
  function eventSettled() {
    const [mine, heard] = [asked, props.value]; // the last word of it may still be on its way
    setTimeout(() => {
      if (!opening || asked !== mine || props.value !== heard) return;
      end();
      problem(words.lost);
    }, GRACE_MS);
  }

  // The address named a model: it has been seen to, and a reload should not do it again.
  function removeModelFromAddress() {
    const address = new URL(location.href);
    if (!address.searchParams.has("model")) return;
    address.searchParams.delete("model");
    address.searchParams.set("tab", "models");
    history.replaceState(history.state, "", address);
  }

  find(".opener-form").addEventListener("submit", (event) => {
    event.preventDefault();
    open(name.value.trim());
  });
  name.addEventListener("input", () => problem(""));
  name.addEventListener("keydown", (event) => event.key === "Escape" && cancel());
  busy.querySelector("button").addEventListener("click", cancel);
  busy.addEventListener("keydown", (event) => event.key === "Escape" && cancel());
  pick.addEventListener("change", () => {
    const [file] = pick.files;
    pick.value = ""; // so that the same file can be chosen again
    if (file) openFile(file);
  });

  // A file that is dragged to the field is as good as one that is chosen; dropped beside it, the
  // browser would show it in the place of this page.
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  function highlight(inside) {
    if (box.classList.contains("dropping") === inside) return;
    box.classList.toggle("dropping", inside);
    setText(find(".opener-drop"), inside ? words["open-drop"] : "");
  }

  function drop([file, ...others]) {
    if (others.length) return problem(t("open-several", { n: others.length + 1 }));
    if (file) openFile(file);
  }

  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event) || !element.getClientRects().length) return;
    const inside = box.contains(event.target) && !opening;
    event.preventDefault();
    event.dataTransfer.dropEffect = inside ? "copy" : "none";
    highlight(inside);
  });
  window.addEventListener("dragleave", (event) => event.relatedTarget || highlight(false)); // out of the window
  window.addEventListener("drop", (event) => {
    if (!hasFiles(event) || !element.getClientRects().length) return;
    event.preventDefault();
    highlight(false);
    if (box.contains(event.target) && !opening) drop(event.dataTransfer.files);
  });
  // A card asks for a model whose files are not at hand (models.js, hub_search.js).
  listen("charrnn-open-model", (detail) => {
    box.scrollIntoView({ block: "nearest" }); // where the progress is, also another one's
    if (opening) return;
    name.value = detail.model;
    open(detail.model);
  });
  listen("charrnn-open-settled", eventSettled);
  watch("value", () => receive(props.value));

  draw();
  const linked = new URLSearchParams(location.search).get("model")?.trim();
  if (linked) {
    name.value = linked;
    open(linked);
  }
}
