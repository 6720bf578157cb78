// The way back to the form's defaults, in sight while something differs from them, and the way back
// from there; and what was stored, which is restored once this is here (form_storage.js).

import { component, listen } from "../page/runtime.js";
import { formStorage } from "./form_storage.js";

export function mount(host) {
  const { trigger, find, setText, words } = component(host);

  const button = find("button");

  let asked = false; // for the stored form to be put into the fields

  function draw() {
    const { changed, undoable, restoring } = formStorage() ?? {};
    if (restoring && !asked) {
      asked = true;
      trigger("restore");
    }
    const hadFocus = document.activeElement === button;
    button.hidden = !changed && !undoable;
    setText(button, undoable ? words["form-undo"] : words["form-reset"]);
    if (hadFocus && button.hidden)
      document.querySelector("#train-go").focus({ preventScroll: true });
  }

  button.onclick = () => trigger("reset");
  listen("charrnn-form-changed", draw);
  draw();
}
