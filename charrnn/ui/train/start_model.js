// The field in which a model to start from is chosen. `props.value` is its key, an empty text for
// random weights, or AUTOMATIC_START for the base that helps the text. The models that the browser
// remembers are added to those that the page was built with.

import { kept, readState } from "../page/browser_state.js";
import { AUTOMATIC_START, component, listen, locale, STORAGE } from "../page/runtime.js";

const REFRESH_DELAY_MS = 150; // several events come at once when a run begins or ends

let base = null; // that the next run starts from by itself
listen("charrnn-base-proposed", (detail) => {
  base = detail;
});

export function mount(host) {
  const { props, server, watch, find, t, setText, words } = component(host);

  const field = find("select");
  let groups = props.options[locale];
  let timer = null;
  let requests = 0; // older answers are ignored

  function draw() {
    const chosen = props.value ?? "";
    const known = [
      [AUTOMATIC_START, base ? t("automatic", { model: base.title }) : words["automatic-unknown"]],
      ["", words.nothing],
    ];
    const parts = known.map(([label, key]) => new Option(key, label));
    for (const name of props.groups) {
      if (!groups[name]?.length) continue;
      const part = Object.assign(document.createElement("optgroup"), { label: words[name] });
      for (const [label, key] of groups[name]) {
        part.append(new Option(label, key));
        known.push([key, label]);
      }
      parts.push(part);
    }
    if (!known.some(([key]) => key === chosen))
      parts.push(new Option(chosen.includes("/") ? chosen : words.unlisted, chosen));
    field.replaceChildren(...parts);
    field.value = chosen;
    field.title = field.selectedOptions[0]?.textContent ?? "";
  }

  async function refresh() {
    const request = ++requests;
    const [state] = readState(null);
    const answer = await server.list_starts({ state, chosen: props.value });
    if (request !== requests || !answer?.groups) return; // the list stays as it is
    groups = answer.groups;
    draw();
  }

  function refreshSoon() {
    clearTimeout(timer);
    timer = setTimeout(refresh, REFRESH_DELAY_MS);
  }

  function choose(key) {
    props.value = key;
    draw();
  }

  field.onchange = () => choose(field.value);
  listen("charrnn-choose-start", (key) => {
    choose(key);
    field.focus({ preventScroll: true });
  });
  listen("charrnn-base-proposed", draw);
  setText("label", words.start);
  for (const name of ["charrnn-runs-changed", "charrnn-opened-changed", "charrnn-run-state"])
    listen(name, refreshSoon);
  watch("value", draw);
  draw();
  if (kept(STORAGE.runs).length || kept(STORAGE.opened).length) refreshSoon();
}
