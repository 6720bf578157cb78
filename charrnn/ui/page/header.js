// The header's line, and what the page's run is doing, which the run card tells (run_card.js). It is
// there whichever tab is open, so it also hears that a model should be used: not before the chooser
// has its first model (browser_state.js), which would take that one's place.

import { dropdownReady, setUsedModel } from "./browser_state.js";
import { groupRadios } from "./radio_groups.js";
import { component, emit, listen } from "./runtime.js";
import { followTabs } from "./tabs.js";

export function mount(host) {
  const { trigger, find, setText, words } = component(host);

  const pill = find(".pill");
  const show = (state) => {
    const busy = ["queued", "running", "stopping"].includes(state);
    pill.textContent = words[busy ? state : "idle"];
    pill.dataset.busy = String(busy);
  };
  setText("p", words.tagline);
  show("idle");
  listen("charrnn-run-state", show);
  listen("charrnn-use-model", async (detail) => {
    await dropdownReady;
    setUsedModel(detail.key);
    trigger("use");
  });

  // Who has signed in, where visitors can (push_dialog.js tells, and does it).
  const account = find(".account");
  const sign = account.querySelector("button");
  listen("charrnn-account", (detail) => {
    account.hidden = false;
    account.querySelector("b").textContent = detail.account ?? "";
    sign.textContent = words[detail.signedIn ? "sign-out" : "sign-in"];
    sign.onclick = () => emit("charrnn-sign-in", detail.signedIn ? "out" : "in");
  });

  followTabs(trigger);
  groupRadios();
}
