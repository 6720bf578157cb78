// The header: the tagline, the state of the run on the card (run_card.js), and the account. It is
// drawn on every tab, so it also handles the requests to choose a model, once the dropdown of
// models has its first model (browser_state.js).

import { dropdownReady, setUsedModel } from "./browser_state.js";
import { groupRadios } from "./radio_groups.js";
import { component, emit, listen } from "./runtime.js";
import { followTabs } from "./tabs.js";
import { defineTerms } from "./terms.js";

export function mount(host) {
  const { trigger, find, setText, words } = component(host);

  defineTerms(words);
  const pill = find(".pill");
  const showState = (state) => {
    const busy = ["queued", "running", "stopping"].includes(state);
    pill.textContent = words[busy ? state : "idle"];
    pill.dataset.busy = String(busy);
  };
  setText("p", words.tagline);
  setText(".use-api", words["use-api"]);
  find(".use-api").onclick = () => emit("charrnn-show-api");
  showState("idle");
  listen("charrnn-run-state", showState);
  listen("charrnn-use-model", async (detail) => {
    await dropdownReady;
    setUsedModel(detail.key);
    trigger("use");
  });
  listen("charrnn-model-trained", async (detail) => {
    await dropdownReady;
    setUsedModel(detail.key);
    trigger("choose");
  });

  // The account, where users can sign in (push_dialog.js).
  const account = find(".account");
  const signButton = account.querySelector("button");
  listen("charrnn-account", (detail) => {
    account.hidden = false;
    account.querySelector("b").textContent = detail.account ?? "";
    signButton.textContent = words[detail.signedIn ? "sign-out" : "sign-in"];
    signButton.onclick = () => emit("charrnn-sign-in", detail.signedIn ? "out" : "in");
  });

  followTabs(trigger);
  groupRadios();
}
