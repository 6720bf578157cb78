// The models on the Hub (see hub_search.py): searched, ordered, a card each. The Hub is first asked when
// somebody looks at this tab. A card's curve comes after the card, a few at a time.

import { component, emit, listen, zh } from "../page/runtime.js";
import { listTools } from "../page/storage.js";
import { button, cardTools, count, fill, make, skeletons } from "./model_card.js";

export function mount(host) {
  const ui = component(host);
  const { element, props, server, find, put, say, words } = ui;
  const { since } = listTools(ui);
  const { frame, spark, whenSeen } = cardTools(ui);

  const search = find(".browse-search");
  const cards = find(".browse-list");
  const failed = find(".model-failed");
  const TOGETHER = 3; // curves asked for at once
  const TYPING = 350; // milliseconds without a key until a search begins

  let asked = 0;
  let shown = null; // the models on display
  let waiting = null;
  let stale = true;

  put(find("h2"), words["hub-title"]);
  put(failed.querySelector("button"), words.again);
  search.placeholder = words["hub-search"];
  search.setAttribute("aria-label", words["hub-search"]);

  // One of a few, as radios are.
  function pills(box, called, names) {
    make(box, "legend", "spoken", words[called]);
    for (const name of names) {
      const label = make(box, "label");
      const input = make(label, "input");
      Object.assign(input, {
        type: "radio",
        name: called,
        value: name,
        checked: name === names[0],
      });
      make(label, "span", "", words[`hub-${name}`]);
      input.addEventListener("change", look);
    }
  }
  const picked = (box) => box.querySelector(":checked").value;
  pills(find(".browse-sort"), "hub-sort", ["updated", "downloads", "likes"]);
  pills(find(".browse-whose"), "hub-whose", ["everybody", "mine"]);

  async function look() {
    clearTimeout(waiting);
    if (element.getClientRects().length === 0) {
      stale = true;
      return;
    }
    stale = false;
    const mine = ++asked;
    const question = {
      search: search.value.trim(),
      sort: picked(find(".browse-sort")),
      mine: picked(find(".browse-whose")) === "mine",
    };
    if (!shown) skeletons(cards, 6);
    cards.setAttribute("aria-busy", "true");
    find(".model-empty").hidden = failed.hidden = true;
    put(find(".spoken"), words["hub-loading"]);
    const told = await server.search(question);
    if (mine !== asked) return;
    cards.removeAttribute("aria-busy");
    if (told) find(".browse-whose").hidden = !told.signed_in;
    if (!told?.models) return fail(told);
    draw(told.models, question);
    curves(mine, question);
  }

  function fail(told) {
    const had = failed.contains(document.activeElement);
    shown = null;
    cards.replaceChildren();
    put(find(".browse-more"), "");
    put(find(".spoken"), "");
    const message = told?.problem ? [told.problem, told.away && words["hub-away"]] : [words.lost];
    put(failed.querySelector("span"), message.filter(Boolean).join(zh ? "" : " "));
    failed.hidden = false;
    if (had) failed.querySelector("button").focus({ preventScroll: true });
  }

  function draw(models, { search: wanted, mine }) {
    shown = models;
    fill(cards, models.map(drawn));
    const empty = find(".model-empty");
    empty.hidden = models.length > 0;
    put(
      empty,
      wanted
        ? say("hub-nothing", { search: wanted })
        : words[mine ? "hub-empty-mine" : "hub-empty"],
    );
    put(
      find(".browse-more"),
      models.length >= props.limit ? say("hub-more", { n: models.length }) : "",
    );
    put(
      find(".spoken"),
      models.length === 1 ? words["hub-found-one"] : say("hub-found", { n: models.length }),
    );
  }

  const counted = (name, n) =>
    n
      ? n === 1
        ? words[`hub-${name}-one`]
        : say(`hub-${name}-count`, { n: count.format(n) })
      : "";

  function drawn(model) {
    const card = frame(model.repo, {
      title: model.title,
      badge: model.private ? words["hub-private"] : "",
      lines: [model.repo],
      curve: model.curve ?? null,
      perplexity: model.perplexity,
      facts: [
        counted("download", model.downloads),
        counted("like", model.likes),
        model.updated && since(model.updated),
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

  async function curves(mine, { mine: own }) {
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
        if (box) spark(box, model.curve);
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, work));
  }

  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, TYPING);
  });
  find(".browse-form").addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  failed.querySelector("button").addEventListener("click", () => {
    look();
    search.focus({ preventScroll: true }); // the button has gone
  });
  listen("charrnn-pushed", look);
  whenSeen(() => stale && look());
}
