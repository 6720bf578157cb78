// Problems with the user's own text that the browser finds itself: a paste that is larger than a
// request may be, and files that are too large to upload. They are shown between the two fields, and
// the paste stays. fetch_retry.js calls the hooks for requests and answers.

import { hooks } from "../page/fetch_retry.js";
import { component } from "../page/runtime.js";

const MIB = 2 ** 20; // bytes, the MB of the limits
const OTHER_FIELDS_BYTES = 2 ** 16; // for the rest of the form in a request
const state = { paste: "", files: "", large: null }; // the messages, and the paste that is too large
let listeners = new AbortController(); // aborted when the column is drawn anew

export function mount(host) {
  const { element, props, setText, t, words } = component(host);

  const form = element.closest(".train-side");
  let chosenBytes = 0; // total size of the files that were chosen last

  listeners.abort(); // the column was drawn before
  listeners = new AbortController();
  const listenInForm = (event, handler) =>
    form.addEventListener(event, handler, { capture: true, signal: listeners.signal });

  const isTooLarge = (json, maxBytes) =>
    json.length > maxBytes / 3 && new TextEncoder().encode(json).length > maxBytes;

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
    state.large = isTooLarge(JSON.stringify(target.value), props.body - OTHER_FIELDS_BYTES)
      ? target.value
      : null;
    setProblem("paste", state.large ? words["paste-too-large"] : "");
  });

  function choose(event, files) {
    chosenBytes = Array.from(files).reduce((sum, file) => sum + file.size, 0);
    setProblem("files", "");
    if (chosenBytes <= props.upload) return;
    event.preventDefault();
    event.stopPropagation(); // Gradio would say it in English
    filesTooLarge();
  }

  function filesTooLarge() {
    const size = Math.ceil((chosenBytes / MIB) * 10) / 10; // rounded up, so that it is more than the limit
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
    // Removes the paste that is too large from a request, so that the rest of the form works, and the
    // copy of the text that Gradio sends when it changes.
    body(body) {
      if (!(body?.length > OTHER_FIELDS_BYTES)) return body;
      const call = JSON.parse(body);
      if (typeof call.event_data === "string") call.event_data = null;
      return JSON.stringify({
        ...call,
        data: call.data?.map((value) => (value && value === state.large ? "" : value)),
      });
    },

    // Handles the answer to an upload: if it was refused, the message is shown here, and Gradio gets an
    // empty list of files.
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
