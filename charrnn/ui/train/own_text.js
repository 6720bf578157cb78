// What is wrong with a text of one's own before the server has it: a paste that is larger than a
// request may be, and files that can't be uploaded. It is said between the two fields, and what was
// pasted stays. fetch_retry.js asks its hooks about what is sent and answered.

import { hooks } from "../page/fetch_retry.js";
import { component } from "../page/runtime.js";

const MIB = 2 ** 20; // as limits count
const FORM_BYTES = 2 ** 16; // bytes for the rest of the form
const state = { paste: "", files: "", large: null }; // the problems, and the paste that is too large
let listeners = new AbortController(); // aborted when the column is drawn anew

export function mount(host) {
  const { element, props, setText, t, words } = component(host);

  const form = element.closest(".train-side");
  let chosen = 0; // bytes of the files that were chosen last

  listeners.abort(); // the column was drawn before
  listeners = new AbortController();
  const listenInForm = (event, heard) =>
    form.addEventListener(event, heard, { capture: true, signal: listeners.signal });

  const isTooLarge = (json, most) =>
    json.length > most / 3 && new TextEncoder().encode(json).length > most;

  function draw() {
    setText(".problem", [state.paste, state.files].filter(Boolean).join("\n"));
    const field = form.querySelector("#train-paste textarea");
    if (state.paste) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  function setProblem(field, problem) {
    state[field] = problem;
    draw();
  }

  listenInForm("input", ({ target }) => {
    if (!target.closest("#train-paste")) return;
    state.large = isTooLarge(JSON.stringify(target.value), props.body - FORM_BYTES)
      ? target.value
      : null;
    setProblem("paste", state.large ? words["paste-too-large"] : "");
  });

  function choose(event, files) {
    chosen = Array.from(files).reduce((sum, file) => sum + file.size, 0);
    setProblem("files", "");
    if (chosen <= props.upload) return;
    event.preventDefault();
    event.stopPropagation(); // Gradio would say it in English
    filesTooLarge();
  }

  function filesTooLarge() {
    const size = Math.ceil((chosen / MIB) * 10) / 10; // never as much as may be
    setProblem(
      "files",
      t("files-too-large", { size: size.toFixed(1), most: Math.floor(props.upload / MIB) }),
    );
  }

  listenInForm("change", (event) => {
    if (event.target.matches("#train-files input[type=file]")) choose(event, event.target.files);
  });
  listenInForm("drop", (event) => {
    if (!event.target.closest("#train-files") || !event.dataTransfer.files.length) return;
    choose(event, event.dataTransfer.files);
    if (state.files) event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
  });

  Object.assign(hooks, {
    // A call's body, without the paste that is too large: the rest of the form goes on working. And
    // without the text that Gradio sends a second time when it changes.
    body(body) {
      if (!(body?.length > FORM_BYTES)) return body;
      const call = JSON.parse(body);
      if (typeof call.event_data === "string") call.event_data = null;
      return JSON.stringify({
        ...call,
        data: call.data?.map((value) => (value && value === state.large ? "" : value)),
      });
    },

    // The answer to an upload, for Gradio, which is told of no file where what is wrong is said here.
    async uploaded(answer) {
      if (![413, 507].includes(answer.status) || !form.querySelector("#train-files")?.offsetParent)
        return answer;
      if (answer.status === 413) filesTooLarge();
      else setProblem("files", (await answer.text()).trim());
      return Response.json([]);
    },
  });
  draw();
}
