// The list of models on the Hub (hub_search.py), with search and order. The first request is made
// when the tab becomes visible. The curves come after the cards, a few at a time.

import { component, emit, listen, zh } from "../page/runtime.js";
import { listTools } from "../page/list_tools.js";
import {
  appendButton,
  cardTools,
  integerFormat,
  replaceCards,
  appendElement,
  showSkeletons,
} from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, server, find, setText, t, words } = ui;
  const { timeAgo } = listTools(ui);
  const { buildCard, drawCurve, whenShown } = cardTools(ui);

  const search = find(".hub-search-query");
  const cards = find(".hub-search-list");
  const failed = find(".model-failed");
  const MAX_CONCURRENT_CURVES = 3;
  const SKELETONS = 6;
  const TYPING_PAUSE_MS = 350; // without a key, until a search begins

  let requests = 0; // only the answer to the latest request counts
  let shown = null; // the models on display
  let delay = null; // the timer of the next search
  let isStale = true; // the list has to be fetched when the tab is shown

  setText(find("h2"), words["hub-title"]);
  setText(failed.querySelector("button"), words.again);
  search.placeholder = words["hub-search"];
  search.setAttribute("aria-label", words["hub-search"]);

  // Fills a fieldset with radio buttons.
  function radioGroup(box, group, names) {
    appendElement(box, "legend", "spoken", words[group]);
    for (const name of names) {
      const label = appendElement(box, "label");
      const input = appendElement(label, "input");
      Object.assign(input, {
        type: "radio",
        name: group,
        value: name,
        checked: name === names[0],
      });
      appendElement(label, "span", "", words[`hub-${name}`]);
      input.addEventListener("change", refresh);
    }
  }
  const chosenIn = (box) => box.querySelector(":checked").value;
  radioGroup(find(".hub-search-sort"), "hub-sort", ["updated", "downloads", "likes"]);
  radioGroup(find(".hub-search-whose"), "hub-whose", ["everybody", "mine"]);

  async function refresh() {
    clearTimeout(delay);
    if (element.getClientRects().length === 0) {
      isStale = true;
      return;
    }
    isStale = false;
    const current = ++requests;
    const query = {
      search: search.value.trim(),
      sort: chosenIn(find(".hub-search-sort")),
      mine: chosenIn(find(".hub-search-whose")) === "mine",
    };
    if (!shown) showSkeletons(cards, SKELETONS);
    cards.setAttribute("aria-busy", "true");
    find(".model-empty").hidden = failed.hidden = true;
    setText(find(".spoken"), words["hub-loading"]);
    const answer = await server.search(query);
    if (current !== requests) return;
    cards.removeAttribute("aria-busy");
    if (answer) find(".hub-search-whose").hidden = !answer.signed_in;
    if (!answer?.models) return showFailure(answer);
    draw(answer.models, query);
    loadCurves(current, query);
  }

  function showFailure(answer) {
    const hadFocus = failed.contains(document.activeElement);
    shown = null;
    cards.replaceChildren();
    setText(find(".hub-search-more"), "");
    setText(find(".spoken"), "");
    const message = answer?.problem
      ? [answer.problem, answer.away && words["hub-away"]]
      : [words.lost];
    setText(failed.querySelector("span"), message.filter(Boolean).join(zh ? "" : " "));
    failed.hidden = false;
    if (hadFocus) failed.querySelector("button").focus({ preventScroll: true });
  }

  function draw(models, { search: query, mine }) {
    shown = models;
    replaceCards(cards, models.map(cardOf));
    const empty = find(".model-empty");
    empty.hidden = models.length > 0;
    setText(
      empty,
      query ? t("hub-nothing", { search: query }) : words[mine ? "hub-empty-mine" : "hub-empty"],
    );
    setText(
      find(".hub-search-more"),
      models.length >= props.limit ? t("hub-more", { n: models.length }) : "",
    );
    setText(
      find(".spoken"),
      models.length === 1 ? words["hub-found-one"] : t("hub-found", { n: models.length }),
    );
  }

  const countText = (name, n) =>
    n
      ? n === 1
        ? words[`hub-${name}-one`]
        : t(`hub-${name}-count`, { n: integerFormat.format(n) })
      : "";

  function cardOf(model) {
    const card = buildCard(model.repo, {
      title: model.title,
      badge: model.private ? words["hub-private"] : "",
      lines: [model.repo],
      curve: model.curve ?? null,
      perplexity: model.perplexity,
      facts: [
        countText("download", model.downloads),
        countText("like", model.likes),
        model.updated && timeAgo(model.updated),
      ],
    });
    const open = () => emit("charrnn-open-model", { model: model.repo });
    appendButton(
      card.querySelector(".model-acts"),
      "open",
      words["hub-open"],
      "act small",
      open,
    ).setAttribute("aria-label", `${words["hub-open"]}: ${model.title}`);
    if (model.curve === undefined) card.querySelector(".model-spark").classList.add("coming");
    return card;
  }

  async function loadCurves(current, { mine }) {
    const remaining = shown.filter((model) => model.curve === undefined);
    const worker = async () => {
      for (
        let model = remaining.shift();
        model && current === requests;
        model = remaining.shift()
      ) {
        const answer = await server.curve({ repo: model.repo, mine });
        model.curve = answer?.curve ?? null;
        if (current !== requests) return;
        const box = [...cards.children]
          .find((card) => card.dataset.key === model.repo)
          ?.querySelector(".model-spark");
        box?.classList.remove("coming");
        if (box) drawCurve(box, model.curve);
      }
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT_CURVES }, worker));
  }

  search.addEventListener("input", () => {
    clearTimeout(delay);
    delay = setTimeout(refresh, TYPING_PAUSE_MS);
  });
  find(".hub-search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  failed.querySelector("button").addEventListener("click", () => {
    refresh();
    search.focus({ preventScroll: true }); // the button is gone
  });
  listen("charrnn-pushed", refresh);
  whenShown(() => isStale && refresh());
}
