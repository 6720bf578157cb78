// The equations of each cell, as MathML, in the names of Dive into Deep Learning, and the same
// equations with the numbers of one hidden unit in them.

import { formatValue } from "./numbers.js";

// An equation in tokens: a name with its index after `_`, where `p` is t − 1; `~` is a tilde above.
// `of` is the quantity on the left.
const EQUATIONS = {
  tanh: [{ of: "H", equation: "H_t = tanh ( X_t W_xh + H_p W_hh + b_h )", apply: "tanh" }],
  relu: [{ of: "H", equation: "H_t = ReLU ( X_t W_xh + H_p W_hh + b_h )", apply: "ReLU" }],
  gru: [
    { of: "R", equation: "R_t = σ ( X_t W_xr + H_p W_hr + b_r )", apply: "σ" },
    { of: "Z", equation: "Z_t = σ ( X_t W_xz + H_p W_hz + b_z )", apply: "σ" },
    {
      of: "H_tilde",
      equation: "H~_t = tanh ( X_t W_xh + b_xh + R_t ⊙ ( H_p W_hh + b_hh ) )",
      numbers: ({ R }, [x, h, b, c]) => [
        `tanh(`,
        sum(x, b),
        ` + ${formatValue(R)} · (`,
        sum(h, c),
        `))`,
      ],
    },
    {
      of: "H",
      equation: "H_t = Z_t ⊙ H_p + ( 1 − Z_t ) ⊙ H~_t",
      numbers: ({ Z, H_before, H_tilde }) => [
        `${formatValue(Z)} · ${factor(H_before)} + (1 − ${formatValue(Z)}) · ${factor(H_tilde)}`,
      ],
    },
  ],
  lstm: [
    { of: "I", equation: "I_t = σ ( X_t W_xi + H_p W_hi + b_i )", apply: "σ" },
    { of: "F", equation: "F_t = σ ( X_t W_xf + H_p W_hf + b_f )", apply: "σ" },
    { of: "O", equation: "O_t = σ ( X_t W_xo + H_p W_ho + b_o )", apply: "σ" },
    { of: "C_tilde", equation: "C~_t = tanh ( X_t W_xc + H_p W_hc + b_c )", apply: "tanh" },
    {
      of: "C",
      equation: "C_t = F_t ⊙ C_p + I_t ⊙ C~_t",
      numbers: ({ F, C_before, I, C_tilde }) => [
        `${formatValue(F)} · ${factor(C_before)} + ${formatValue(I)} · ${factor(C_tilde)}`,
      ],
    },
    {
      of: "H",
      equation: "H_t = O_t ⊙ tanh ( C_t )",
      numbers: ({ O, C }) => [`${formatValue(O)} · tanh(${formatValue(C)})`],
    },
  ],
};

export const equationsOf = (cell) => EQUATIONS[cell];

// Returns the equations of the output layer. The textbook calls the logits O, which is a gate of the
// LSTM too.
export function outputEquations(cell) {
  const logits = cell === "lstm" ? "logits" : "O_t";
  return [`${logits} = H_t W_hq + b_q`, `p = softmax ( ${logits} )`, "q ∝ p^α"];
}

// ---- numbers -------------------------------------------------------------------------------------

const factor = (value) =>
  formatValue(value).startsWith("−") ? `(${formatValue(value)})` : formatValue(value);
const sum = (...parts) => parts.map(formatValue).join(" + ").replaceAll("+ −", "− ");

// Returns an equation with the numbers of a unit: "0.31 = tanh(0.12 + 0.25 − 0.04)". `unit` has its
// quantities, and `sums` the parts of what it adds up.
export function numbersOf({ of, apply, numbers }, unit, sums) {
  const right = apply
    ? `${apply}(${sum(...sums[of].slice(0, 3))})`
    : numbers(unit, sums[of]).join("");
  return `${formatValue(unit[of])} = ${right}`;
}

// ---- MathML --------------------------------------------------------------------------------------

const MATHML = "http://www.w3.org/1998/Math/MathML";
const WORDS = new Set(["tanh", "ReLU", "σ", "softmax", "logits", "p", "q"]);

function made(tag, ...children) {
  const node = document.createElementNS(MATHML, tag);
  node.append(...children);
  return node;
}

function variable(name) {
  const node = made("mi", name);
  node.setAttribute("mathvariant", "normal");
  return node;
}

// Returns a name such as "H~_p". Vectors and matrices are bold; those that change from step to step
// have the number of their layer above, if `layer` is not null.
function named(token, layer) {
  const [, letter, tilde, index] = token.match(/^(\p{L})(~?)_(.+)$/u);
  let base = variable(letter);
  base.setAttribute("class", "step-bold");
  if (tilde) {
    base = made("mover", base, made("mo", "~"));
    base.setAttribute("accent", "true");
  }
  const below =
    index === "p" ? made("mrow", variable("t"), made("mo", "−"), made("mn", "1")) : variable(index);
  if (layer === null || letter === "W" || letter === "b") return made("msub", base, below);
  const above = made("mrow", made("mo", "("), made("mn", String(layer)), made("mo", ")"));
  return made("msubsup", base, below, above);
}

function tokenNode(token, layer, ofModel) {
  if (token === "X_t" && layer > 1) return named("H_t", layer - 1);
  if (token.includes("_")) return named(token, ofModel.includes(token) ? null : layer);
  if (token.includes("^")) return made("msup", ...token.split("^").map(variable));
  if (/^\d$/.test(token)) return made("mn", token);
  if (WORDS.has(token)) return variable(token);
  const operator = made("mo", token);
  if ("()".includes(token)) operator.setAttribute("stretchy", "false");
  return operator;
}

// Returns an equation as MathML, of the layer with this number, from 1; null for the only layer.
// Quantities `ofModel` belong to no layer.
export function mathOf(equation, layer, ofModel = ["X_t"]) {
  const nodes = equation.split(" ").map((token) => tokenNode(token, layer, ofModel));
  return made("math", made("mrow", ...nodes));
}
