// The line below the field of start_model.js: a model that would help, or what the chosen one
// decides; and a button that takes the one or drops the other.

import { component, emit, locale } from "../page/runtime.js";

export function mount(host) {
  const { props, watch, find, setText, words } = component(host);

  const button = find("button");

  function draw() {
    const { key = null, text = {} } = props.value ?? {};
    setText("span", text[locale] ?? "");
    setText(button, words[key ? "take" : "drop"]);
    find(".start-note").hidden = key === null;
  }

  button.onclick = () => emit("charrnn-choose-start", props.value.key);
  watch("value", draw);
  draw();
}
