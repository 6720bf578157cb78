// The models on the Hub (see hub_search.py): searched, ordered, a card each. The Hub is first asked when
// somebody looks at this tab. A card's curve comes after the card, a few at a time.

import { component, emit, listen, zh } from "../page/runtime.js";
import { listTools } from "../page/storage.js";
import {
  button,
  cardTools,
  integerFormat,
  replaceCards,
  appendElement,
  skeletons,
} from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, server, find, setText, t, words } = ui;
  const { timeAgo } = listTools(ui);
  const { cardFrame, drawCurve, whenSeen } = cardTools(ui);

  const search = find(".browse-search");
  const cards = find(".browse-list");
  const failed = find(".model-failed");
  const MAX_CONCURRENT_CURVES = 3; // curves asked for at once
  const TYPING_PAUSE_MS = 350; // milliseconds without a key until a search begins

  let asked = 0;
  let shown = null; // the models on display
  let waiting = null;
  let stale = true;

  setText(find("h2"), words["hub-title"]);
  setText(failed.querySelector("button"), words.again);
  search.placeholder = words["hub-search"];
  search.setAttribute("aria-label", words["hub-search"]);

  // One of a few, as radios are.
  function radioGroup(box, called, names) {
    appendElement(box, "legend", "spoken", words[called]);
    for (const name of names) {
      const label = appendElement(box, "label");
      const input = appendElement(label, "input");
      Object.assign(input, {
        type: "radio",
        name: called,
        value: name,
        checked: name === names[0],
      });
      appendElement(label, "span", "", words[`hub-${name}`]);
      input.addEventListener("change", refresh);
    }
  }
  const chosenIn = (box) => box.querySelector(":checked").value;
  radioGroup(find(".browse-sort"), "hub-sort", ["updated", "downloads", "likes"]);
  radioGroup(find(".browse-whose"), "hub-whose", ["everybody", "mine"]);

  async function refresh() {
    clearTimeout(waiting);
    if (element.getClientRects().length === 0) {
      stale = true;
      return;
    }
    stale = false;
    const mine = ++asked;
    const question = {
      search: search.value.trim(),
      sort: chosenIn(find(".browse-sort")),
      mine: chosenIn(find(".browse-whose")) === "mine",
    };
    if (!shown) skeletons(cards, 6);
    cards.setAttribute("aria-busy", "true");
    find(".model-empty").hidden = failed.hidden = true;
    setText(find(".spoken"), words["hub-loading"]);
    const told = await server.search(question);
    if (mine !== asked) return;
    cards.removeAttribute("aria-busy");
    if (told) find(".browse-whose").hidden = !told.signed_in;
    if (!told?.models) return showFailure(told);
    draw(told.models, question);
    loadCurves(mine, question);
  }

  function showFailure(told) {
    const had = failed.contains(document.activeElement);
    shown = null;
    cards.replaceChildren();
    setText(find(".browse-more"), "");
    setText(find(".spoken"), "");
    const message = told?.problem ? [told.problem, told.away && words["hub-away"]] : [words.lost];
    setText(failed.querySelector("span"), message.filter(Boolean).join(zh ? "" : " "));
    failed.hidden = false;
    if (had) failed.querySelector("button").focus({ preventScroll: true });
  }

  function draw(models, { search: wanted, mine }) {
    shown = models;
    replaceCards(cards, models.map(cardOf));
    const empty = find(".model-empty");
    empty.hidden = models.length > 0;
    setText(
      empty,
      wanted ? t("hub-nothing", { search: wanted }) : words[mine ? "hub-empty-mine" : "hub-empty"],
    );
    setText(
      find(".browse-more"),
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
    const card = cardFrame(model.repo, {
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
    button(
      card.querySelector(".model-acts"),
      "open",
      words["hub-open"],
      "act small",
      open,
    ).setAttribute("aria-label", `${words["hub-open"]}: ${model.title}`);
    if (model.curve === undefined) card.querySelector(".model-spark").classList.add("coming");
    return card;
  }

  async function loadCurves(mine, { mine: own }) {
    const left = shown.filter((model) => model.curve === undefined);
    const work = async () => {
      for (let model = left.shift(); model && mine === asked; model = left.shift()) {
        const told = await server.curve({ repo: model.repo, mine: own });
        model.curve = told?.curve ?? null;
        if (mine !== asked) return;
        const box = [...cards.children]
          .find((card) => card.dataset.key === model.repo)
          ?.querySelector(".model-spark");
        box?.classList.remove("coming");
        if (box) drawCurve(box, model.curve);
      }
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT_CURVES }, work));
  }

  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, TYPING_PAUSE_MS);
  });
  find(".browse-form").addEventListener("submit", (event) => {
    event.preventDefault();
    refresh();
  });
  failed.querySelector("button").addEventListener("click", () => {
    refresh();
    search.focus({ preventScroll: true }); // the button has gone
  });
  listen("charrnn-pushed", refresh);
  whenSeen(() => stale && refresh());
}
