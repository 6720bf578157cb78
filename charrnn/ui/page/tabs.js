// Addresses of the tabs: each has its own, and Back and Forward lead from tab to tab. The tab is the
// query parameter `tab`, absent for the first one; an address with `model` is that of the Models
// tab, which opens the model (open_model.js).

const TABS = ["train", "generate", "models"];

function tabOf(address) {
  const query = address.searchParams;
  const named = query.get("tab") ?? (query.has("model") ? "models" : null);
  return TABS.includes(named) ? named : TABS[0];
}

// The update of Gradio's tabs that shows the one of the address.
export const showTabOfAddress = () => showTab(tabOf(new URL(location.href)));

export const showTab = (selected) => ({ __type__: "update", selected });

// Shows the Models tab, whose field gets the keyboard once it is there.
export function browseModels() {
  const focus = (tries) => {
    const field = document.querySelector("#opener .opener-name");
    if (field?.offsetParent) field.focus();
    else if (tries) setTimeout(focus, 50, tries - 1);
  };
  focus(60);
  return showTab("models");
}

// Another tab has been selected, by whatever: unless the address led there, the history goes on.
function noteTab() {
  const button = document.querySelector('[role="tab"][aria-selected="true"][id^="tab-"]');
  const selected = TABS.find((name) => button?.id === `tab-${name}-button`);
  const address = new URL(location.href);
  if (!selected || selected === tabOf(address)) return;
  if (selected === TABS[0]) address.searchParams.delete("tab");
  else address.searchParams.set("tab", selected);
  history.pushState(null, "", address);
}

// The arrow keys lead from tab to tab, as in any list of tabs; Home and End to the first and last.
function moveAmongTabs(event) {
  const list = event.target.closest?.('[role="tablist"]');
  if (!list || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  const tabs = [...list.querySelectorAll('[role="tab"]:not(:disabled)')].filter(
    (tab) => tab.getClientRects().length,
  );
  const at = tabs.indexOf(event.target);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const tab = tabs.at(to % tabs.length);
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
