// The figures on the run card: perplexities, bits, times and shares as they are shown.

import { languageTag } from "../page/runtime.js";

export const integerFormat = new Intl.NumberFormat(languageTag, { maximumFractionDigits: 0 });
export const MAX_SHOWN = 1e6; // a higher perplexity is shown as "> 10⁶"
export const formatPerplexity = (value, places) =>
  value == null
    ? "–"
    : value > MAX_SHOWN
      ? "> 10⁶"
      : value >= 100
        ? integerFormat.format(value)
        : value.toFixed(places ?? (value >= 10 ? 1 : 2));
const toBits = (perplexity) => (perplexity == null ? null : Math.log2(perplexity));
export const formatBits = (perplexity) =>
  perplexity > MAX_SHOWN
    ? `> ${toBits(MAX_SHOWN).toFixed(0)}`
    : formatPerplexity(toBits(perplexity), 2);
export const formatClock = (seconds) => {
  const s = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  return s >= 3600
    ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
};
export const formatPercent = (share) => `${Math.round(share * 100)}\u00a0%`;

// Returns a time in seconds or, from 100 seconds on, as a clock shows it.
export const formatSeconds = (seconds, words) =>
  seconds < 100 ? `${seconds.toFixed(1)}\u00a0${words.s}` : formatClock(seconds);

// Returns the model of a run that has ended: `shown` is its perplexity on the held-out part, or on
// the training text if nothing is held out; `useless` is true if a uniform guess is as good.
export function keptModel(v) {
  if (!v.kept || !["finished", "stopped", "interrupted", "diverged", "failed"].includes(v.state))
    return null;
  const shown = v.last.held == null ? v.kept.train : v.kept.held;
  return {
    ...v.kept,
    shown,
    useless: v.kept.step === 0 || shown > (v.facts.baselines?.uniform ?? MAX_SHOWN),
  };
}
