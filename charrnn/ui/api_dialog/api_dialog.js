// The dialog *Use via API* (api_dialog/__init__.py). The window event `charrnn-show-api` opens it,
// with code for what the tab shows. Text is set as textContent only.

import { AUTOMATIC_START, component, copyText, emit, listen } from "../page/runtime.js";
import { currentTab } from "../page/tabs.js";
import { callOf, withoutFile } from "./calls.js";
import { LANGUAGES } from "./snippets.js";

const COPIED_MS = 1500; // for which the Copy button says that it has copied
const NAMES = { python: "Python", javascript: "JavaScript", curl: "curl" };

let reading = null; // {checkpoint, text} of the Inspect tab
listen("charrnn-text-inspected", (detail) => {
  reading = detail;
});

let base = null; // that the next run starts from by itself
listen("charrnn-base-proposed", (detail) => {
  base = detail;
});

// Gradio's event passes the values of the fields, in the order of their names.
export const showApiCall = (names, settings, ...values) => {
  const fields = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  emit("charrnn-api-fields", { fields, settings });
};

// The address of the app, as programs use it.
const address = () => `${location.origin}${new URL(window.gradio_config.root).pathname}`;

export function mount(host) {
  const { trigger, find, setText, words, t } = component(host);
  const dialog = find("dialog");
  const buttons = {};
  let language = "python";
  let tab = "train";
  let call = null;
  let openedFrom = null;

  function draw() {
    for (const [name, button] of Object.entries(buttons))
      button.setAttribute("aria-pressed", String(name === language));
    const shown = language === "curl" ? withoutFile(call) : call;
    setText(".api-what", words[language === "mcp" ? "mcp" : tab]);
    setText("pre", LANGUAGES[language]({ address: address(), call: shown }));
    const notes = language === "mcp" ? [] : [[`needs-${language}`, {}], ...shown.notes];
    find(".api-notes").replaceChildren(
      ...notes.map(([key, values]) => {
        const item = document.createElement("li");
        item.textContent = t(key, values);
        return item;
      }),
    );
  }

  function open({ fields, settings }) {
    tab = currentTab();
    const start = fields.start === AUTOMATIC_START ? base?.key : fields.start;
    call = callOf(tab, { ...fields, start, reading }, settings);
    draw();
    if (!dialog.open) dialog.showModal();
    find("pre").scrollTop = 0;
  }

  for (const name of Object.keys(LANGUAGES)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = NAMES[name] ?? words.agents;
    button.onclick = () => {
      language = name;
      draw();
    };
    buttons[name] = button;
  }
  find(".api-languages").append(...Object.values(buttons));
  find(".api-languages").setAttribute("aria-label", words.languages);
  setText("h2", words.title);
  setText(".api-close", words.close);
  setText(".api-copy", words.copy);
  const link = find(".api-all a");
  link.textContent = words.all;
  link.href = `${window.gradio_config.root}/gradio_api/openapi.json`;

  let copied = null; // the timer of the Copy button
  find(".api-copy").onclick = async () => {
    await copyText(find("pre").textContent);
    setText(".api-copy", words.copied);
    clearTimeout(copied);
    copied = setTimeout(() => setText(".api-copy", words.copy), COPIED_MS);
  };
  find(".api-close").onclick = () => dialog.close();
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => openedFrom?.focus());
  listen("charrnn-show-api", () => {
    openedFrom = document.activeElement;
    trigger("read_fields");
  });
  listen("charrnn-api-fields", open);
}
