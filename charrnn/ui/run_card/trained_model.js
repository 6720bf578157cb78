// Chooses the model of a run on the other tabs once the card shows that the run has ended.

import { emit, LIVE_STATES, STORAGE } from "../page/runtime.js";
import { currentTab } from "../page/tabs.js";
import { readText, writeText } from "../page/web_storage.js";

const MODEL_TABS = ["generate", "inspect"]; // where no model is replaced while the user looks at it

// Returns a function that takes what the card shows. A run that this browser trains is remembered
// until its end was shown, over a reload too; a model that is chosen later by the user stays chosen.
export function trainedModelChoice() {
  let awaited = readText("localStorage", STORAGE.trainedRun);

  function remember(run) {
    awaited = run;
    writeText("localStorage", STORAGE.trainedRun, run);
  }

  return ({ run, state, controls, model }) => {
    if (!run || !controls) return;
    if (LIVE_STATES.includes(state)) {
      if (run !== awaited) remember(run);
    } else if (run === awaited && !MODEL_TABS.includes(currentTab())) {
      remember("");
      if (model && ["finished", "stopped"].includes(state))
        emit("charrnn-model-trained", { key: model });
    }
  };
}
