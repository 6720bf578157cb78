// The way back to the form's defaults, in sight while something differs from them, and the way back
// from there (form_storage.js).

const button = find("button");

function draw() {
  const { changed, undoable } = window.charrnnForm ?? {};
  const hadFocus = document.activeElement === button;
  button.hidden = !changed && !undoable;
  put(button, undoable ? words["form-undo"] : words["form-reset"]);
  if (hadFocus && button.hidden) document.querySelector("#train-go").focus({ preventScroll: true });
}

button.onclick = () => trigger("reset");
window.addEventListener("charrnn-form", draw);
draw();
