// The header's line, and what the page's run is doing, which the run card tells (run_card.js). It is
// there whichever tab is open, so it also hears that a model should be used: not before the chooser
// has its first model (browser_storage.py), which would take that one's place.

const pill = find(".pill");
const show = (state) => {
  const busy = ["queued", "running", "stopping"].includes(state);
  pill.textContent = words[busy ? state : "idle"];
  pill.dataset.busy = String(busy);
};
put("p", words.tagline);
show("idle");
window.addEventListener("charrnn-run", (event) => show(event.detail));
const welcomed = new Promise((resolve) => {
  if (window.charrnnWelcomed) resolve();
  window.addEventListener("charrnn-welcomed", resolve, { once: true });
});
window.addEventListener("charrnn-use", async ({ detail }) => {
  await welcomed;
  window.charrnnUsed = detail.key;
  trigger("use");
});

// Who has signed in, where visitors can (push_dialog.js tells, and does it).
const account = find(".account");
const sign = account.querySelector("button");
window.addEventListener("charrnn-account", ({ detail }) => {
  account.hidden = false;
  account.querySelector("b").textContent = detail.account ?? "";
  sign.textContent = words[detail.signedIn ? "sign-out" : "sign-in"];
  sign.onclick = () => window.dispatchEvent(new CustomEvent("charrnn-sign", { detail: detail.signedIn ? "out" : "in" }));
});
