// What lists of runs and of models share: the keys that the browser keeps (memory.py), and how
// figures and times are written there.

const ago = new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "auto" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });

const figure = (p) => (p == null ? "–" : p > 1e6 ? "> 10⁶" : p >= 100 ? p.toFixed(0) : p.toFixed(p >= 10 ? 1 : 2));

function since(when) {
  const seconds = Math.max(0, Date.now() / 1000 - when);
  if (seconds < 60) return words.now;
  if (seconds < 3600) return ago.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86400) return ago.format(-Math.floor(seconds / 3600), "hour");
  if (seconds < 7 * 86400) return ago.format(-Math.floor(seconds / 86400), "day");
  return day.format(new Date(when * 1000));
}

// Puts a field in the place of a name. Enter, or leaving the field, saves; Escape does not. `save`
// gets the new name, or null.
function editName(place, name, save) {
  const field = document.createElement("input");
  field.className = "rename";
  field.maxLength = props.longest;
  field.value = name;
  field.placeholder = words["rename-hint"];
  field.setAttribute("aria-label", words["rename-hint"]);
  let kept = true;
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    kept = event.key === "Enter";
    field.blur();
  });
  field.addEventListener("blur", () => save(kept ? field.value : null), { once: true });
  place.replaceChildren(field);
  field.focus();
  field.select();
}

function kept(key) {
  try {
    const keys = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(keys) ? keys.filter((one) => typeof one === "string") : [];
  } catch (denied) {
    console.info("nothing is remembered:", denied.name);
    return [];
  }
}
