// Gives the radio buttons of one choice the same name. Gradio gives each its own, so the browser
// does not treat them as a group: arrow keys do not move between them, and Tab stops at every one.
// A choice keeps its name when others appear before it: with the name of another one, if only for a
// moment, its button would lose the check mark to the other's.
const names = new WeakMap();
let count = 0;

function nameOf(choice) {
  if (!names.has(choice)) names.set(choice, `choose-${count++}`);
  return names.get(choice);
}

function group() {
  for (const choice of document.querySelectorAll(".choose")) {
    const name = nameOf(choice);
    for (const radio of choice.querySelectorAll('input[type="radio"]')) {
      if (radio.name !== name) radio.name = name;
    }
  }
}

export function groupRadios() {
  new MutationObserver(group).observe(document.body, { childList: true, subtree: true });
  group();
}
