// An error on the Inspect tab, with a button where the same request may succeed the next time.

// Returns a function that shows a `problem` in a node, or none. An error about a field stays until
// the field changes; beside any other one a button calls `again()`.
export function problemDrawer({ setText, words }) {
  return (node, problem, again) => {
    setText(node, problem?.message ?? "");
    if (!problem || !again || !(problem.field === null || problem.field === "run")) return;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "inspect-link" });
    button.textContent = words["try-again"];
    button.onclick = () => again();
    node.append(" ", button);
  };
}
