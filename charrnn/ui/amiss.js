// What is wrong with a setting stands above the button that was pressed, as far from its field as
// the form is long; so the field is marked too, and says it as well.

let marked = null; // the field's input

function mark() {
  document.querySelector(".amiss")?.remove();
  for (const attribute of ["aria-invalid", "aria-describedby"]) marked?.removeAttribute(attribute);
  marked = null;
  const { said, field } = props.value ?? {};
  const place = said && field ? document.getElementById(`setting-${field}`) : null;
  if (!place) return;
  const note = Object.assign(document.createElement("p"), { className: "amiss", id: "amiss" });
  note.textContent = said;
  place.append(note);
  marked = place.querySelector("input, textarea");
  marked?.setAttribute("aria-invalid", "true");
  marked?.setAttribute("aria-describedby", note.id);
}

watch("value", mark);
mark();
