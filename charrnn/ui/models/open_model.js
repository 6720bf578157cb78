// The field that opens a model, by name or from a file (open_model.py). The server's progress is in
// `props.value`, with the number of the request that it answers.

import { component, emit, listen } from "../page/runtime.js";
import { megabytes, rememberOpened } from "./model_card.js";

// Gradio's event that opens a model is over, well or not.
export const noteOpenSettled = () => emit("charrnn-open-settled");

export function mount(host) {
  const ui = component(host);
  const { element, props, trigger, watch, upload, find, setText, t, words } = ui;

  const box = find(".open-model");
  const name = find(".open-model-name");
  const busy = find(".open-model-busy");
  const fileInput = find(".open-model-pick input");

  let requestId = 0; // of the latest request
  let answeredId = 0; // of the latest request that the server has answered
  let cancelledId = 0; // of a request cancelled before that: Gradio cannot cancel an event not yet begun
  let opening = null; // the name of the model or file that is being opened
  let hadFocus = false; // whether the focus was here when opening began

  setText(find("h2"), words["open-title"]);
  setText(find(".open-model-go"), words.open);
  setText(busy.querySelector("button"), words["open-cancel"]);
  const [before, , after] = find(".open-model-hint").children;
  setText(before, words["open-hint"]);
  setText(find(".open-model-pick span"), words["open-file"]);
  setText(after, words["open-file-hint"]);
  name.placeholder = words["open-placeholder"];

  function draw(status, { done = 0, total = null } = {}) {
    find(".open-model-hint").hidden = Boolean(opening);
    busy.hidden = !opening;
    find(".open-model-go").setAttribute("aria-disabled", String(Boolean(opening))); // `disabled` would lose the focus
    name.readOnly = Boolean(opening);
    box.setAttribute("aria-busy", String(Boolean(opening)));
    const bar = busy.querySelector("progress");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    setText(busy.querySelector("p"), status ?? "");
  }

  function begin(title, status) {
    opening = title;
    hadFocus = box.contains(document.activeElement);
    showProblem("");
    draw(status);
    setText(find(".spoken"), status);
    if (hadFocus) busy.querySelector("button").focus({ preventScroll: true });
    return ++requestId;
  }

  function end(spoken = "") {
    const focusBack = busy.contains(document.activeElement);
    opening = null;
    draw();
    setText(find(".spoken"), spoken);
    removeModelFromAddress();
    if (focusBack) name.focus({ preventScroll: true });
  }

  // Shows what is wrong below the field, or nothing for "".
  function showProblem(message) {
    setText(find(".model-problem"), message);
    name.setAttribute("aria-invalid", String(Boolean(message)));
  }

  function open(model) {
    if (opening) return;
    if (!model) {
      showProblem(words["open-empty"]);
      return name.focus();
    }
    const id = begin(model, t("open-asking", { name: model }));
    trigger("open", { request_id: id, model });
  }

  const LAST_FRAME_MS = 4000; // within which the last frame comes after its event has ended
  const MB = 2 ** 20; // the unit of the limits
  const KINDS = /\.(safetensors|zip)$/i;

  async function openFile(file) {
    if (opening) return;
    const [, kind] = KINDS.exec(file.name) ?? [];
    if (!kind) return showProblem(t("open-kind", { name: file.name }));
    const maxBytes = props.max_bytes[kind.toLowerCase()];
    if (file.size > maxBytes) {
      const [size, most] = [file.size, maxBytes].map((bytes) => bytes / MB);
      return showProblem(
        t("open-too-large", { name: file.name, size: size.toFixed(1), most: Math.floor(most) }),
      );
    }
    const id = begin(file.name, t("open-file-progress", { name: file.name }));
    let uploaded = null;
    try {
      uploaded = await upload(file);
    } catch (error) {
      console.info("the file was not sent:", error.name);
    }
    if (id !== requestId || !opening) return; // cancelled meanwhile
    if (uploaded?.path) {
      draw(t("open-proving", { name: file.name }));
      return trigger("open", { request_id: id, file: uploaded.path });
    }
    end();
    showProblem(t("open-not-sent", { name: file.name }));
  }

  function cancel() {
    if (!opening) return;
    if (answeredId === requestId) trigger("cancel");
    else cancelledId = requestId;
    requestId++;
    end(words["open-cancelled"]);
  }

  function receive(update) {
    if (update?.request_id === cancelledId && update.state === "opening" && !opening) {
      cancelledId = 0;
      trigger("cancel");
    }
    if (!opening || update?.request_id !== requestId) return;
    answeredId = requestId;
    if (update.state === "opening") {
      const { done, total } = update;
      if (total)
        draw(
          t("open-progress", { name: opening, done: megabytes(done), total: megabytes(total) }),
          update,
        );
      return;
    }
    const title = opening;
    end(update.state === "opened" ? t("open-done", { name: title }) : "");
    if (update.state === "problem") return showProblem(update.message);
    name.value = "";
    if (update.remember) rememberOpened(update.key);
    emit("charrnn-use-model", { key: update.key });
  }

  // Gradio's event is over, or has failed without a word of ours.
  function eventSettled() {
    const [id, lastFrame] = [requestId, props.value];
    setTimeout(() => {
      if (!opening || requestId !== id || props.value !== lastFrame) return;
      end();
      showProblem(words.lost);
    }, LAST_FRAME_MS);
  }

  // The address named a model: it has been seen to, and a reload should not do it again.
  function removeModelFromAddress() {
    const address = new URL(location.href);
    if (!address.searchParams.has("model")) return;
    address.searchParams.delete("model");
    address.searchParams.set("tab", "models");
    history.replaceState(history.state, "", address);
  }

  find(".open-model-form").addEventListener("submit", (event) => {
    event.preventDefault();
    open(name.value.trim());
  });
  name.addEventListener("input", () => showProblem(""));
  name.addEventListener("keydown", (event) => event.key === "Escape" && cancel());
  busy.querySelector("button").addEventListener("click", cancel);
  busy.addEventListener("keydown", (event) => event.key === "Escape" && cancel());
  fileInput.addEventListener("change", () => {
    const [file] = fileInput.files;
    fileInput.value = ""; // so that the same file can be chosen again
    if (file) openFile(file);
  });

  // A file that is dragged to the field is as good as one that is chosen; dropped beside it, the
  // browser would show it in the place of this page.
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  function highlight(inside) {
    if (box.classList.contains("dropping") === inside) return;
    box.classList.toggle("dropping", inside);
    setText(find(".open-model-drop"), inside ? words["open-drop"] : "");
  }

  function drop([file, ...others]) {
    if (others.length) return showProblem(t("open-several", { n: others.length + 1 }));
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
