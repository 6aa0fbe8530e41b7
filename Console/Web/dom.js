// Makes and fills elements. Text only ever becomes text: nothing here takes markup.

/** An element. Properties that begin with "on" are listeners; "class", "data-…" and "aria-…" are attributes. */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for a drawing. */
export function svg(tag, properties, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties ?? {})) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts children in the place of what was there. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A message at the edge of the page that goes away by itself; errors stay longer. */
export function toast(text, isError = false) {
  const place = document.getElementById("toasts");
  const note = h("div", { class: isError ? "toast error" : "toast" }, text);
  place.append(note);
  setTimeout(() => note.remove(), isError ? 8000 : 4000);
}

/**
 * Asks something in a dialog.
 * fields: {name, label, value, type, hint, required}. Gives the values, or null where it was cancelled.
 */
export function ask(title, { text, fields = [], confirm = "OK", danger = false, typed } = {}) {
  return new Promise((resolve) => {
    const inputs = fields.map((field) => {
      const id = `ask-${field.name}`;
      const input =
        field.options !== undefined
          ? h("select", { id, name: field.name }, field.options.map(([value, label]) =>
              h("option", { value, selected: value === field.value }, label)))
          : field.lines
            ? h("textarea", { id, name: field.name, rows: 4, spellcheck: "false" }, field.value ?? "")
            : h("input", {
              id, name: field.name, type: field.type ?? "text", value: field.value ?? "", required: field.required,
              autocomplete: "off", spellcheck: "false",
            });
      return { field, input, row: h("div", { class: "field" }, h("label", { for: id }, field.label), input,
        field.hint && h("small", {}, field.hint)) };
    });
    const word = typed
      ? h("input", { id: "ask-typed", autocomplete: "off", spellcheck: "false", autocapitalize: "none" })
      : null;
    const ok = h("button", { type: "submit", class: danger ? "danger" : "primary", disabled: Boolean(typed) }, confirm);
    word?.addEventListener("input", () => { ok.disabled = word.value !== typed; });
    const dialog = h("dialog", { "aria-labelledby": "ask-title" },
      h("form", { method: "dialog", onsubmit: () => {
        dialog.returnValue = "ok";
      } },
        h("h2", { id: "ask-title" }, title),
        text && h("p", {}, text),
        inputs.map((entry) => entry.row),
        word && h("div", { class: "field" }, h("label", { for: "ask-typed" }, `Type “${typed}” to confirm`), word),
        h("div", { class: "buttons" },
          h("button", { type: "button", onclick: () => dialog.close("cancel") }, "Cancel"), ok)));
    dialog.addEventListener("close", () => {
      const values = Object.fromEntries(inputs.map(({ field, input }) => [field.name, input.value]));
      if (word) values.confirmation = word.value;
      dialog.remove();
      resolve(dialog.returnValue === "ok" ? values : null);
    });
    document.body.append(dialog);
    dialog.showModal();
    (inputs[0]?.input ?? word ?? ok).focus();
    if (inputs[0]?.input instanceof HTMLInputElement) inputs[0].input.select();
  });
}
