// The link that resets the form, shown while something differs from its defaults, and then undoes the
// reset. It also restores the stored form once the page is there (form_storage.js).

import { component, listen } from "../page/runtime.js";
import { formStorage } from "./form_storage.js";

export function mount(host) {
  const { trigger, find, setText, words } = component(host);

  const button = find("button");

  let restoreRequested = false; // the event that restores the stored form was triggered

  function draw() {
    const { changed, undoable, restoring } = formStorage() ?? {};
    if (restoring && !restoreRequested) {
      restoreRequested = true;
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
