// Lines as a text file, and as a table that spreadsheets open.

const COLUMNS = ["text", "new", "complete", "nearest", "distance", "starred"];

// One line each; those of several lines, such as poems, with a blank line between two.
export function linesAsText(lines) {
  const texts = lines.map(({ text }) => text);
  const gap = texts.some((text) => text.includes("\n")) ? "\n\n" : "\n";
  return texts.join(gap) + (texts.length ? "\n" : "");
}

// A table with a header. A cell that a spreadsheet would take for a formula begins with an
// apostrophe, which it shows as text.
export function linesAsCsv(lines) {
  const rows = lines.map((line) => COLUMNS.map((name) => cell(line[name])).join(","));
  return `\ufeff${[COLUMNS.join(","), ...rows].join("\r\n")}\r\n`;
}

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  const guarded = typeof value === "string" && /^\s*[=+\-@\t\r|%]/.test(text) ? `'${text}` : text;
  return `"${guarded.replaceAll('"', '""')}"`;
}

export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
