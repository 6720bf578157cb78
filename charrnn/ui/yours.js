// The visitor's own runs, a line each (see yours.py). The ids are the browser's (memory.py); the
// server is asked about them only while the list is open.

const box = find(".yours");
const list = find(".yours-list");

let asked = 0;
let waiting = null;

function row(run, current) {
  const item = document.createElement("li");
  const button = item.appendChild(document.createElement("button"));
  button.type = "button";
  button.dataset.state = run.state;
  if (current) button.setAttribute("aria-current", "true");
  const recipe = run.problem ? "" : ` · ${words[run.recipe] ?? run.recipe}`;
  const state = words[run.state].split(/[,，]/)[0]; // the card has room for the whole of it
  for (const [part, text] of [["name", run.problem?.[tongue] ?? run.title[tongue]], ["state", state], ["figure", figure(run.perplexity)], ["when", since(run.when)]]) {
    const span = button.appendChild(document.createElement("span"));
    span.className = `yours-${part}`;
    span.appendChild(document.createElement("span")).textContent = text;
  }
  button.firstChild.append(recipe); // a long name is cut short before it
  button.addEventListener("click", () => window.dispatchEvent(new CustomEvent("charrnn-show", { detail: run.run })));
  return item;
}

async function fill() {
  const ids = kept("charrnn:runs");
  find("summary").textContent = ids.length ? `${words.yours} · ${ids.length}` : words.yours;
  if (!box.open) return;
  const mine = ++asked;
  const runs = ids.length ? await server.describe(ids) : [];
  if (mine !== asked) return;
  const shown = document.querySelector(".run")?.dataset.run;
  const focused = list.contains(document.activeElement) ? [...list.children].indexOf(document.activeElement.closest("li")) : -1;
  if (runs) list.replaceChildren(...runs.map((run) => row(run, run.run === shown)));
  if (focused >= 0) list.children[focused]?.querySelector("button").focus({ preventScroll: true });
  find(".yours-note").textContent = !runs ? words.unreachable : runs.length ? "" : words[ids.length ? "gone" : "none-yet"];
}

// Several things happen at once when a run begins or ends: one look is enough.
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(fill, 150);
}

box.addEventListener("toggle", fill);
for (const name of ["charrnn-runs", "charrnn-run", "storage"]) window.addEventListener(name, soon);
fill();
