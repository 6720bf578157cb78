// What the scripts of all parts of the page share: the contract with Python, the visitor's language,
// events between the parts, and the helpers that a component draws with.

// biome-ignore lint/correctness/noUnresolvedImports: page/modules.py makes it of contract.json
import CONTRACT from "../contract.js";

export const zh = navigator.language.toLowerCase().startsWith("zh");
export const [locale, languageTag] = zh ? ["zh", "zh-CN"] : ["en", "en-US"];

// The keys under which the browser remembers things, and how many runs or models in a list.
export const STORAGE = CONTRACT.storage;
export const { max_remembered: MAX_REMEMBERED } = CONTRACT;

// The states of a run that is not over yet.
export const LIVE_STATES = CONTRACT.live_states;

// Events between the parts of the page; the contract lists them.
function known(name) {
  if (!Object.hasOwn(CONTRACT.window_events, name))
    throw new Error(`contract.json has no event ${name}`);
  return name;
}
export const emit = (name, detail) =>
  window.dispatchEvent(new CustomEvent(known(name), { detail }));
export const listen = (name, act) =>
  window.addEventListener(known(name), ({ detail }) => act(detail));

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// What a component draws with: what Gradio gives its script, its words in the visitor's language, and
// ways to put them where they belong. Text goes in through textContent only. A server function that
// fails returns undefined, since Gradio catches what is thrown.
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
  if (node.textContent !== text) node.textContent = text; // else a selection in it would be lost
}

// Copies a text. Without https there is no clipboard; a hidden field and the old command will do.
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
