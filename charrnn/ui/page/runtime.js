// Shared by all scripts of the page: the contract with Python, the user's language, events between
// components, and helpers that draw a component.

// biome-ignore lint/correctness/noUnresolvedImports: page/modules.py makes it from contract.json
import CONTRACT from "../contract.js";

export const zh = navigator.language.toLowerCase().startsWith("zh");
export const [locale, languageTag] = zh ? ["zh", "zh-CN"] : ["en", "en-US"];

// The keys of the browser's storage, and the greatest number of runs or models in a list there.
export const STORAGE = CONTRACT.storage;
export const { max_remembered: MAX_REMEMBERED } = CONTRACT;

// The value of *Start from* that stands for the base that helps the text, if one does.
export const { automatic_start: AUTOMATIC_START } = CONTRACT;

export const { surprisal_levels_per_bit: SURPRISAL_LEVELS_PER_BIT } = CONTRACT;

// The states of a run that has not ended.
export const LIVE_STATES = CONTRACT.live_states;

// Events between components; the contract lists them.
function checkedName(name) {
  if (!Object.hasOwn(CONTRACT.window_events, name))
    throw new Error(`contract.json has no event ${name}`);
  return name;
}
export const emit = (name, detail) =>
  window.dispatchEvent(new CustomEvent(checkedName(name), { detail }));
export const listen = (name, handle) =>
  window.addEventListener(checkedName(name), ({ detail }) => handle(detail));

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Returns what Gradio gives a component's script, with helpers: its strings in the user's language,
// `find`, `t` to fill in a string, and `setText`. Text is set as textContent only. A server
// function that fails returns undefined, since Gradio catches its exception.
export function component(host) {
  const { element, props } = host;
  const words = JSON.parse(props.words)[locale];
  const find = (selector) => element.querySelector(selector);
  return {
    ...host,
    words,
    find,
    t: (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name])),
    setText: (place, text) => replaceText(typeof place === "string" ? find(place) : place, text),
  };
}

function replaceText(node, text) {
  if (node.textContent !== text) node.textContent = text; // keeps a selection in it
}

// Copies a text. Without https there is no clipboard API, so it falls back on a hidden field.
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (denied) {
    console.info("copied without the clipboard:", denied.name);
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

// Returns a random id that nobody can guess, of 32 hexadecimal digits.
export const randomId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
