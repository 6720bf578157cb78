// URLs of the tabs, so that Back and Forward move between tabs. The query parameter `tab` names the
// tab; the first one has none. A URL with `model` is one of the Models tab, which opens the model
// (open_model.js).

const TABS = ["train", "generate", "inspect", "models"];
const [MAX_FOCUS_TRIES, FOCUS_PAUSE_MS] = [60, 50];

function tabOf(address) {
  const query = address.searchParams;
  const named = query.get("tab") ?? (query.has("model") ? "models" : null);
  return TABS.includes(named) ? named : TABS[0];
}

// Returns an update of Gradio's tabs that shows the tab of the URL.
export const showTabOfAddress = () => showTab(tabOf(new URL(location.href)));

// Returns the name of the tab that is shown.
export const currentTab = () => tabOf(new URL(location.href));

export const showTab = (selected) => ({ __type__: "update", selected });

// Shows the Models tab, and focuses its field once it is drawn.
export function browseModels() {
  const focus = (tries) => {
    const field = document.querySelector("#open-model .open-model-name");
    if (field?.offsetParent) field.focus();
    else if (tries) setTimeout(focus, FOCUS_PAUSE_MS, tries - 1);
  };
  focus(MAX_FOCUS_TRIES);
  return showTab("models");
}

// Adds the selected tab to the history, unless the URL names it already.
function noteTab() {
  const button = document.querySelector('[role="tab"][aria-selected="true"][id^="tab-"]');
  const selected = TABS.find((name) => button?.id === `tab-${name}-button`);
  const address = new URL(location.href);
  if (!selected || selected === tabOf(address)) return;
  if (selected === TABS[0]) address.searchParams.delete("tab");
  else address.searchParams.set("tab", selected);
  history.pushState(null, "", address);
}

// Moves between tabs with the arrow keys, and with Home and End to the first and last.
function moveAmongTabs(event) {
  const list = event.target.closest?.('[role="tablist"]');
  if (!list || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const tabs = [...list.querySelectorAll('[role="tab"]:not(:disabled)')].filter(
    (tab) => tab.getClientRects().length,
  );
  const current = tabs.indexOf(event.target);
  const next = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: -1 }[event.key];
  if (current < 0 || next === undefined) return;
  event.preventDefault();
  const tab = tabs.at(next % tabs.length);
  tab.focus();
  tab.click();
}

export function followTabs(trigger) {
  const navigate = () => trigger("navigate");
  document.addEventListener("keydown", moveAmongTabs);
  window.addEventListener("popstate", navigate);
  new MutationObserver(noteTab).observe(document.body, {
    subtree: true,
    attributeFilter: ["aria-selected"],
  });
  if (tabOf(new URL(location.href)) !== TABS[0]) navigate();
}
