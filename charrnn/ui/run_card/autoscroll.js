// Scrolls and focuses after the press of a button: the card is scrolled into view when a run begins,
// or else the error message; and the card gets the keyboard's focus when the pressed button is turned
// off. A run that is shown again after a reload scrolls nothing.

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
export const scrollTo = (target, block) =>
  target.scrollIntoView({ block, behavior: reducedMotion.matches ? "auto" : "smooth" });

export function autoscroll({ find }) {
  let pressed = null; // the button that was pressed last
  let awaited = false; // a run was started, and neither it nor an error message is shown yet
  document.addEventListener(
    "click",
    (event) => {
      pressed = event.target.closest?.("#train-go, #train-resume, #train-stop") ?? pressed;
      if (event.target.closest?.("#train-go, #train-resume")) awaited = true;
    },
    true,
  );

  function scrollToRun(state) {
    if (!awaited || !["downloading", "queued", "running"].includes(state)) return;
    awaited = state === "downloading"; // which may still fail
    const { top } = find(".run").getBoundingClientRect();
    if (top < 0 || top > innerHeight / 2) scrollTo(find(".run"), "start");
  }

  new MutationObserver((changes) => {
    const focused = document.activeElement ?? document.body;
    const lost = focused === document.body || focused === pressed;
    if (lost && pressed?.disabled && changes.some((change) => change.target === pressed)) {
      find(".run").focus({ preventScroll: true });
    }
  }).observe(document.body, { subtree: true, attributeFilter: ["disabled"] });

  new MutationObserver(() => {
    if (!awaited) return;
    const problem = [...document.querySelectorAll(".train-side .problem")].find(
      (p) => p.textContent,
    );
    if (!problem) return;
    awaited = false;
    scrollTo(problem, "nearest");
  }).observe(document.body, { subtree: true, childList: true, characterData: true });

  return scrollToRun;
}
