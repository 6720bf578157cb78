// The header's line, and what the page's run is doing, which the run card tells (card.js).

const words = props.words[navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"];
const pill = element.querySelector(".pill");
const show = (state) => {
  const busy = ["queued", "running", "stopping"].includes(state);
  pill.textContent = words[busy ? state : "idle"];
  pill.dataset.busy = String(busy);
};
element.querySelector("p").textContent = words.tagline;
show("idle");
window.addEventListener("charrnn-run", (event) => show(event.detail));
