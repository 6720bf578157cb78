// Gives the radio buttons of one choice the same name. Gradio gives each its own, so the browser
// does not treat them as a group: arrow keys do not move between them, and Tab stops at every one.
function group() {
  document.querySelectorAll(".choose").forEach((choice, i) => {
    for (const radio of choice.querySelectorAll('input[type="radio"]')) {
      if (radio.name !== `choose-${i}`) radio.name = `choose-${i}`;
    }
  });
}

export function groupRadios() {
  new MutationObserver(group).observe(document.body, { childList: true, subtree: true });
  group();
}
