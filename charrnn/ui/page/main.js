// Imports all JavaScript of the page. `window.charrnn` has what Gradio calls: `mount`, which starts
// the script of a component (component.py), and the functions that are the `js` of events.

import * as formStorage from "../train/form_storage.js";
import * as prompt from "../generate/prompt.js";
import * as textChoice from "../train/text_choice.js";
import * as browserState from "./browser_state.js";
import * as tabs from "./tabs.js";
import * as fromHubLink from "../generate/from_hub_link.js";
import * as generate from "../generate/generate.js";
import * as lines from "../generate/lines.js";
import * as nextChar from "../generate/next_char.js";
import * as novelty from "../generate/novelty.js";
import * as inspect from "../inspect/inspect.js";
import * as hubSearch from "../models/hub_search.js";
import * as models from "../models/models.js";
import * as openModel from "../models/open_model.js";
import * as apiDialog from "../api_dialog/api_dialog.js";
import * as header from "./header.js";
import * as pushDialog from "../push_dialog/push_dialog.js";
import * as recentRuns from "../run_card/recent_runs.js";
import * as runCard from "../run_card/run_card.js";
import * as formReset from "../train/form_reset.js";
import * as ownText from "../train/own_text.js";
import * as settingsForm from "../train/settings_form.js";
import * as startModel from "../train/start_model.js";
import * as startNote from "../train/start_note.js";
import * as summary from "../train/summary.js";

const COMPONENTS = {
  "page/header": header,
  "train/form_reset": formReset,
  "train/own_text": ownText,
  "train/settings_form": settingsForm,
  "train/start_model": startModel,
  "train/start_note": startNote,
  "train/summary": summary,
  "run_card/run_card": runCard,
  "run_card/recent_runs": recentRuns,
  "generate/from_hub_link": fromHubLink,
  "generate/generate": generate,
  "generate/lines": lines,
  "generate/next_char": nextChar,
  "generate/novelty": novelty,
  "inspect/inspect": inspect,
  "models/open_model": openModel,
  "models/models": models,
  "models/hub_search": hubSearch,
  "push_dialog/push_dialog": pushDialog,
  "api_dialog/api_dialog": apiDialog,
};

window.charrnn = {
  ...Object.assign(
    {},
    apiDialog,
    browserState,
    formStorage,
    openModel,
    prompt,
    pushDialog,
    runCard,
    settingsForm,
    tabs,
    textChoice,
  ),
  mount(name, events, { trigger, ...host }) {
    const triggerKnown = (event, data) => {
      if (!events.includes(event))
        throw new Error(`contract.json has no event ${event} of ${name}`);
      trigger(event, data);
    };
    COMPONENTS[name].mount({ ...host, trigger: triggerKnown });
  },
};
