// The line below the field of start_model.js: a base that helps, or what the chosen model decides; and
// a button that takes the one or drops the other.

import { component, emit, locale } from "../page/runtime.js";

export function mount(host) {
  const { props, watch, find, setText, words } = component(host);

  const button = find("button");

  function draw() {
    const { key = null, text = {}, base = null } = props.value ?? {};
    setText("span", text[locale] ?? "");
    setText(button, words[key ? "take" : "drop"]);
    find(".start-note").hidden = key === null;
    emit("charrnn-base-proposed", base && { key: base.key, title: base.title[locale] });
  }

  button.onclick = () => emit("charrnn-choose-start", props.value.key);
  watch("value", draw);
  draw();
}
