// What the scripts of all parts of the page begin with: its words in the visitor's language, and the
// ways to put them where they belong. Each part runs in a function of its own, with the `element`
// and the `props` of its component. Text goes in through textContent only.

const zh = navigator.language.toLowerCase().startsWith("zh");
const [tongue, locale] = zh ? ["zh", "zh-CN"] : ["en", "en-US"];
const words = JSON.parse(props.words)[tongue];
const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
const find = (selector) => element.querySelector(selector);
const put = (place, text) => {
  const node = typeof place === "string" ? find(place) : place;
  if (node.textContent !== text) node.textContent = text; // else a selection in it would be lost
};

// Copies a text. Without https there is no clipboard; a hidden field and the old command will do.
async function copyText(text) {
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
