// How the next character is chosen: greedy or sampling, α, and the ten likeliest with their
// probability under the model's p and under q ∝ p^α. `props.value` is {mode, alpha}; what to draw
// comes from the server (`table` in stream.py) once for a text, and then holds for every α.

import { component, emit, listen, zh } from "../page/runtime.js";
import { visible } from "./tinted_text.js";

export function mount(host) {
  const { element, props, server, find, setText, t, words } = component(host);

  const ROWS = 10;
  const alphas = props.alphas;
  const slider = find(".likely-alpha input");
  const list = find("ol");

  let subject = null; // {checkpoint, text, pickable}
  let table = { likely: [], totals: [] };
  let waiting = null;
  let asking = null; // the question that is under way

  const formatPercent = (p) => {
    const share = 100 * p;
    if (share < 0.05) return share > 0 ? "<0.1" : "0";
    return share.toFixed(share >= 9.95 ? 0 : 1);
  };

  const rows = Array.from({ length: ROWS }, () => {
    const item = document.createElement("li");
    const pick = document.createElement("button");
    pick.type = "button";
    const parts = ["bdi", "span", "span"].map((tag, i) => {
      const node = document.createElement(tag);
      node.className = ["likely-name", "likely-bar", "likely-share"][i];
      return node;
    });
    const bars = ["likely-p", "likely-q"].map((name) => {
      const bar = document.createElement("i");
      bar.className = name;
      return bar;
    });
    parts[1].append(...bars);
    pick.append(...parts);
    item.append(pick);
    list.append(item);
    return { pick, name: parts[0], share: parts[2], p: bars[0], q: bars[1] };
  });

  function q(p, alpha) {
    return p ** alpha / table.totals[alphas.indexOf(alpha)];
  }

  function draw() {
    const { mode, alpha } = props.value;
    const greedy = mode === "greedy";
    slider.disabled = greedy;
    slider.setAttribute("aria-valuetext", String(alpha));
    setText(find(".likely-alpha span"), greedy ? words["alpha-off"] : t("alpha", { n: alpha }));
    element.querySelector(".likely").classList.toggle("greedy", greedy);
    const explained = [words[greedy ? "panel-greedy" : "panel-sample"], words["panel-pick"]];
    drawWithSuperscript(find(".explain"), explained.join(zh ? "。" : ". "));

    // One scale for all α, so that only what α changes moves. Room enough for about α = 2.
    const first = table.likely[0]?.[1] ?? 1;
    const full = table.likely.length ? Math.min(1, 1.5 * q(first, 2)) : 1;
    rows.forEach((row, i) => {
      const [character, p] = table.likely[i] ?? ["", 0];
      const after = !character ? 0 : greedy ? Number(i === 0) : q(p, alpha);
      setText(row.name, character ? visible(character) : "");
      row.pick.hidden = !character;
      setText(row.share, character ? `${formatPercent(p)} → ${formatPercent(after)} %` : "");
      row.p.style.width = `${Math.min(100, (100 * p) / full)}%`;
      row.q.style.width = `${Math.min(100, (100 * after) / full)}%`;
      row.pick.disabled = !character || !subject?.pickable;
      row.pick.title = character ? t("pick", { character: visible(character) }) : "";
    });
  }

  // Text in which "p^α" is set as it is written by hand.
  function drawWithSuperscript(node, text) {
    node.replaceChildren();
    text.split("^α").forEach((piece, i) => {
      if (i) {
        const raised = document.createElement("sup");
        raised.textContent = "α";
        node.append(raised);
      }
      node.append(piece);
    });
  }

  function drawHeading() {
    const characters = Array.from(subject?.text ?? "");
    let end = "";
    let room = 24; // a character above U+1100 is likely a wide one
    let from = characters.length;
    while (from && room > 0) {
      const c = characters[--from];
      end = (c === " " ? c : visible(c)) + end;
      room -= c > "\u1100" ? 2 : 1;
    }
    const text = `\u2068${from ? `…${end.trimStart()}` : end}\u2069`; // isolated
    setText(find("h2"), characters.length ? t("next", { text }) : words["next-first"]);
  }

  // One question about a model at a time: what comes up meanwhile, the latest of it, is asked after it.
  async function requestTable() {
    const { checkpoint, text } = subject;
    if (!checkpoint) return;
    if (asking?.checkpoint === checkpoint) {
      asking.again = true;
      return;
    }
    const mine = { checkpoint, again: false };
    asking = mine;
    const answer = await server.next_characters({ checkpoint, text });
    if (asking !== mine) return; // another model has been chosen since
    asking = null;
    if (mine.again) return requestTable();
    if (!answer) return; // nobody answered
    if (answer.problem) {
      table = { likely: [], totals: [] };
      emit("charrnn-next-char-problem", answer.problem);
    } else {
      table = answer;
      emit("charrnn-next-characters", answer);
    }
    drawHeading();
    draw();
  }

  listen("charrnn-next-char-context", (detail) => {
    const same =
      subject && subject.text === detail.text && subject.checkpoint === detail.checkpoint;
    const first = !subject;
    subject = detail;
    if (same) return draw(); // the answer is here, or on its way
    clearTimeout(waiting);
    waiting = setTimeout(requestTable, first ? 0 : 120);
  });

  for (const radio of element.querySelectorAll('input[type="radio"]')) {
    radio.checked = radio.value === props.value.mode;
    setText(radio.nextElementSibling, words[`mode-${radio.value}`]);
    radio.onchange = () => {
      props.value = { ...props.value, mode: radio.value };
      draw();
    };
  }
  slider.max = alphas.length - 1;
  slider.value = alphas.indexOf(props.value.alpha);
  slider.oninput = () => {
    props.value = { ...props.value, alpha: alphas[Number(slider.value)] };
    draw();
  };
  rows.forEach((row, i) => {
    row.pick.onclick = () => {
      const [character, p] = table.likely[i];
      emit("charrnn-next-char-picked", { character, p, full: table.full });
    };
  });
  setText(find("legend"), words.how);
  setText(find(".likely-ends span"), words.wilder);
  setText(find(".likely-ends span:last-child"), words.safer);
  drawHeading();
  draw();
  emit("charrnn-next-char-ready");
}
