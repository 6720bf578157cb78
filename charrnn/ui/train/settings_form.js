// The head of the settings form: which recipe its values come from, and how many were changed. It also
// marks the fields that were changed, with a button to reset them, and those that are invalid. Fields
// have room for both, so the layout does not move.

import { component } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";

// The string with the term that a setting is about, by the setting's name.
const TERM_OF_SETTING = {
  hidden_size: "about-hidden-unit",
  epochs: "about-epoch",
  prior: "about-unigram",
  smoothing: "about-ngram",
  clip: "about-clipping",
  validation: "about-held-out",
};

let toReset = null; // the name of the field to reset; null for all

// Returns the values of the fields with these names; that of the one to reset comes from `base`.
export const resetFields = (names, base, ...values) =>
  names.map((name, i) => ([name, null].includes(toReset) ? base.values[name] : values[i]));

export function mount(host) {
  const { element, props, trigger, watch, find, setText, t, words } = component(host);

  // The form may be drawn later than the column, so its fields are looked up in the column.
  const form = element.closest(".train-side");

  function reset(name) {
    toReset = name;
    trigger("reset_fields");
  }

  function toggleChild(place, tag, className, wanted) {
    const found = place.querySelector(`:scope > .${className}`);
    if (wanted)
      return found ?? place.appendChild(Object.assign(document.createElement(tag), { className }));
    found?.remove();
    return null;
  }

  function markField(place) {
    const name = place.id.slice("setting-".length);
    const { problems = {}, changed = {} } = props.value ?? {};
    const input = place.querySelector("input, textarea");
    const note = toggleChild(place, "p", "field-error", problems[name]);
    if (note) {
      note.id = `field-error-${name}`;
      setText(note, problems[name]);
      input?.setAttribute("aria-invalid", "true");
      input?.setAttribute("aria-describedby", note.id);
    } else if (input?.getAttribute("aria-describedby") === `field-error-${name}`) {
      for (const attribute of ["aria-invalid", "aria-describedby"])
        input.removeAttribute(attribute);
    }
    const term = TERM_OF_SETTING[name];
    const corner = toggleChild(place, "div", "setting-corner", term || changed[name]);
    if (!corner) return;
    if (term) setTextWithTerms(toggleChild(corner, "span", "setting-term", true), words[term]);
    const button = toggleChild(corner, "button", "reset", changed[name]);
    if (!button) return;
    button.type = "button";
    setText(button, `↺ ${changed[name].value}`);
    button.title = t("reset", changed[name]);
    button.setAttribute("aria-label", button.title);
    button.onclick = () => {
      input?.focus();
      reset(name);
    };
  }

  function draw() {
    const { recipe, preparation, changed = {} } = props.value ?? {}; // empty while Custom is not chosen
    find(".custom-base").hidden = !recipe;
    const count = Object.keys(changed).length;
    const parts = [recipe && t("base", { recipe }), count && t("changed", { n: count })];
    setText(".custom-base span", parts.filter(Boolean).join(" · "));
    find(".custom-base button").hidden = !count;
    setText(".custom-preparation", preparation ? t("preparation", { what: preparation }) : "");
    form.querySelectorAll('[id^="setting-"]').forEach(markField);
  }

  setText(".custom-base button", words["reset-all"]);
  find(".custom-base button").onclick = () => reset(null);
  watch("value", draw);
  draw();
  new MutationObserver(draw).observe(form, { childList: true, subtree: true }); // an accordion is opened
}
