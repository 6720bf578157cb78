// How the next character is chosen: greedy or sampling, α, and the ten likeliest characters with
// their probability under the model's p and under q ∝ p^α. `props.value` is {mode, alpha}; what to
// draw comes from the server (`next_char_table` in stream.py) once for a text, and serves for every
// α. The text may be one of which more was written: then its next character, as written, is marked.

import { component, emit, listen, zh } from "../page/runtime.js";
import { setTextWithTerms } from "../page/terms.js";
import { formatPercent, visible } from "../page/tinted_text.js";
import { randomDraw } from "./random_draw.js";
import { hiddenState } from "./hidden_state.js";

// Returns the surprisal of a character of probability p, in bits.
export const formatBits = (p) => Math.max(0, -Math.log2(p)).toFixed(2);

// What the server is asked for a context; two contexts with the same question have the same answer.
const questionOf = ({ checkpoint, text, begins_line, written, draw, expected }) => ({
  checkpoint,
  text,
  begins_line,
  written,
  draw,
  expected,
});
const isSame = (a, b) => a && b && JSON.stringify(questionOf(a)) === JSON.stringify(questionOf(b));

export function mount(host) {
  const ui = component(host);
  const { element, props, server, find, setText, t, words } = ui;

  const ROWS = 10; // and one more, for a character that was written and is not among them
  const [MAX_HEADING_CHARACTERS, MAX_BESIDE_BUTTON] = [24, 12]; // of the text, wide ones count twice
  const TYPING_PAUSE_MS = 120; // without a change until the server is asked
  const alphas = props.alphas;
  const slider = find(".next-char-alpha input");
  const list = find("ol");
  const drawing = randomDraw(ui);
  const state = hiddenState(ui, (query) => server.hidden_states(query));

  // The text that the characters follow (next_char_context.js); `asked` is true if that
  // is not the end of the text, and `expected` is false where nothing was expected.
  let context = null;
  const EMPTY = { candidates: [], totals: [], written: null, draw: null, entropy: null, of: null };
  let table = EMPTY; // `of` is the context that it answers
  let delay = null; // the timer of the next request
  let request = null; // the request that is under way

  const rows = Array.from({ length: ROWS + 1 }, () => {
    const item = document.createElement("li");
    const pick = document.createElement("button");
    pick.type = "button";
    const parts = ["bdi", "span", "span"].map((tag, i) => {
      const node = document.createElement(tag);
      node.className = ["next-char-name", "next-char-bar", "next-char-share"][i];
      return node;
    });
    const bars = ["next-char-p", "next-char-q"].map((name) => {
      const bar = document.createElement("i");
      bar.className = name;
      return bar;
    });
    parts[1].append(...bars);
    pick.append(...parts);
    item.append(pick);
    return { item, pick, name: parts[0], share: parts[2], p: bars[0], q: bars[1] };
  });

  list.append(...rows.slice(0, ROWS).map((row) => row.item));

  function q(p, alpha) {
    return p ** alpha / table.totals[alphas.indexOf(alpha)];
  }

  function draw() {
    const { mode, alpha } = props.value;
    const greedy = mode === "greedy";
    slider.disabled = greedy;
    slider.setAttribute("aria-valuetext", String(alpha));
    setTextWithTerms(
      find(".next-char-alpha span"),
      greedy
        ? words["alpha-off"]
        : t("alpha-term", { n: alpha, temperature: Number((1 / alpha).toFixed(2)) }),
    );
    element.querySelector(".next-char").classList.toggle("greedy", greedy);
    const { written } = table;
    const explanation = [
      words[greedy ? "panel-greedy" : "panel-sample"],
      words[written ? "panel-branch" : "panel-pick"],
    ];
    drawWithSuperscript(find(".explain"), explanation.join(zh ? "。" : ". "));

    // One scale for all α, with room for about α = 2: only what α changes moves.
    const largest = table.candidates[0]?.[1] ?? 1;
    const scale = table.candidates.length ? Math.min(1, 1.5 * q(largest, 2)) : 1;
    const shown = table.candidates.slice(0, ROWS);
    if (written?.p && !shown.some(([character]) => character === written.character))
      shown.push([written.character, written.p]);
    if (shown.length > ROWS) list.append(rows[ROWS].item);
    else rows[ROWS].item.remove();
    rows.forEach((row, i) => {
      const [character, p] = shown[i] ?? ["", 0];
      const isWritten = Boolean(character) && character === written?.character;
      row.item.classList.toggle("written", isWritten);
      if (isWritten) row.pick.setAttribute("aria-current", "true");
      else row.pick.removeAttribute("aria-current");
      const probability = !character ? 0 : greedy ? Number(i === 0) : q(p, alpha);
      setText(row.name, character ? visible(character) : "");
      row.pick.hidden = !character;
      setText(row.share, character ? `${formatPercent(p)} → ${formatPercent(probability)} %` : "");
      row.p.style.width = `${Math.min(100, (100 * p) / scale)}%`;
      row.q.style.width = `${Math.min(100, (100 * probability) / scale)}%`;
      row.pick.disabled = !character || !context?.pickable;
      const action = written ? "branch" : "pick";
      row.pick.title = character ? t(action, { character: visible(character) }) : "";
    });
    drawing.draw(table.draw, alpha, Boolean(context?.draw));
    const nothing = table.of?.expected === false;
    list.hidden = find(".explain").hidden = nothing;
    drawFacts(nothing);
  }

  // Sets a text with the α of "p^α" as a superscript.
  function drawWithSuperscript(node, text) {
    node.replaceChildren();
    text.split("^α").forEach((piece, i) => {
      if (i) {
        const superscript = document.createElement("sup");
        superscript.textContent = "α";
        node.append(superscript);
      }
      node.append(piece);
    });
  }

  function drawFacts(nothing) {
    const { written, entropy } = table;
    const facts = [];
    if (nothing) facts.push(words["nothing-expected"]);
    else if (written?.p)
      facts.push(
        t("written", { character: visible(written.character), bits: formatBits(written.p) }),
      );
    else if (written) facts.push(t("written-unknown", { character: visible(written.character) }));
    if (entropy != null) facts.push(t("entropy", { bits: entropy.toFixed(2) }));
    const numbers = { surprisal: written?.p ? 1 / written.p : null, entropy: 2 ** entropy };
    setTextWithTerms(find(".next-char-facts"), facts.join(" · "), numbers);
    find(".next-char-end").hidden = !context?.asked;
    find(".next-char-answer").classList.toggle("asked", Boolean(context?.asked));
  }

  function drawHeading() {
    const { text: before = "", written } = table.of ?? context ?? {};
    const characters = Array.from(before);
    let end = "";
    let room = context?.asked ? MAX_BESIDE_BUTTON : MAX_HEADING_CHARACTERS; // characters from U+1100 on are mostly wide
    let from = characters.length;
    while (from && room > 0) {
      const c = characters[--from];
      end = (c === " " ? c : visible(c)) + end;
      room -= c > "\u1100" ? 2 : 1;
    }
    const text = `\u2068${from ? `…${end.trimStart()}` : end}\u2069`; // isolated
    const heading = written ? "expected" : "next";
    setText(find("h2"), characters.length ? t(heading, { text }) : words["next-first"]);
  }

  // Asks for the table, one request for a model at a time. If the text changes meanwhile, one more
  // request follows, for the latest text.
  async function requestTable() {
    const { checkpoint } = context;
    if (!checkpoint) return;
    if (context.expected === false) {
      request = null; // its answer is not waited for
      table = { ...EMPTY, of: context };
      drawHeading();
      return draw();
    }
    if (request?.checkpoint === checkpoint) {
      request.again = true;
      return;
    }
    const current = { checkpoint, again: false };
    const asked = context;
    request = current;
    const answer = await server.next_characters(questionOf(asked));
    if (request !== current) return; // another model has been chosen since
    request = null;
    if (current.again) return requestTable();
    if (answer?.candidates) {
      table = { ...answer, of: asked };
      emit("charrnn-next-characters", answer);
    } else {
      table = { ...EMPTY, of: asked };
      const noAnswer = { message: words.silent, field: null };
      emit("charrnn-next-char-problem", answer?.problem ?? noAnswer);
    }
    drawHeading();
    draw();
  }

  listen("charrnn-next-char-context", (detail) => {
    const same = context && isSame(context, detail);
    const first = !context;
    context = detail;
    state.show(detail.asked ? detail : null);
    if (same) return draw(); // the table is here, or on its way
    clearTimeout(delay);
    delay = setTimeout(requestTable, first ? 0 : TYPING_PAUSE_MS);
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
    emit("charrnn-alpha-chosen", { alpha: props.value.alpha });
    draw();
  };
  rows.forEach((row, i) => {
    row.pick.onclick = () => {
      if (!isSame(table.of, context)) return; // the table of another text is still shown
      const [character, p] = table.candidates[i] ?? [table.written.character, table.written.p];
      emit("charrnn-next-char-picked", { character, p, maxSurprisal: table.max_surprisal });
    };
  });
  find(".next-char-end").onclick = () => emit("charrnn-next-char-end");
  setText(find(".next-char-end"), words.end);
  setText(find("legend"), words.how);
  setText(find(".next-char-ends span"), words.bolder);
  setText(find(".next-char-ends span:last-child"), words.safer);
  drawHeading();
  draw();
  emit("charrnn-next-char-ready");
}
