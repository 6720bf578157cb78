// Gradio gives each radio a name of its own, so that the browser takes none of them for a group: no
// arrow key goes from one to the next, and Tab stops at every one. They get one name for each choice.
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
