// The files of who is logged in: a list that stays quick with ten thousand rows, and everything that is done to them.

import { call } from "./api.js";
import { fill, h, setText } from "./dom.js";
import { fileActs } from "./fileacts.js";
import { bytes, dateTime } from "./format.js";
import { panel } from "./panel.js";
import { join, parentOf, shown } from "./paths.js";
import { Transfers } from "./transfers.js";

const ROW = 34;
const AROUND = 15;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const ORDERS = {
  name: (left, right) => collator.compare(left.name, right.name),
  size: (left, right) => (left.size ?? -1) - (right.size ?? -1) || collator.compare(left.name, right.name),
  modified: (left, right) => (left.modified ?? 0) - (right.modified ?? 0) || collator.compare(left.name, right.name),
};

export function show(main, { me, signal, argument }) {
  let path = argument ? `/${argument}` : me.home || "/";
  let entries = [];
  let current = -1;
  const chosen = new Set();
  let order = "name";
  let descending = false;
  let isLoading = false;

  const crumbs = h("ol", {});
  const trouble = h("p", { class: "problem", role: "alert" });
  const filter = h("input", { id: "filter", type: "search", autocomplete: "off", spellcheck: "false" });
  const summary = h("span", { class: "count", role: "status" });
  const picker = h("input", { type: "file", multiple: true, id: "picker", class: "hidden", tabindex: "-1",
    "aria-label": "Files to upload", onchange: () => {
      transfers.add([...picker.files], path);
      picker.value = "";
    } });
  const button = (label, act, options) => h("button", { type: "button", onclick: act, ...options }, label);
  const buttons = {
    open: button("Open", () => open(selected()[0])),
    download: button("Download", () => download()),
    zip: button("Zip", () => zip()),
    rename: button("Rename…", () => rename()),
    remove: button("Delete…", () => remove(), { class: "danger" }),
    digest: button("Digest", () => digest()),
  };
  const top = h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { colspan: 5 }));
  const bottom = h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { colspan: 5 }));
  const body = h("tbody", {}, top, bottom);
  const headers = {};
  const header = (name, label) => {
    headers[name] = h("th", { scope: "col", "aria-sort": "none", class: name === "name" ? null : "number" },
      h("button", { type: "button", class: "sort", onclick: () => sort(name) }, label));
    return headers[name];
  };
  const all = h("input", { type: "checkbox", "aria-label": "Choose all", onchange: () => chooseAll(all.checked) });
  const table = h("table", { class: "files", role: "grid", "aria-multiselectable": "true", tabindex: "0",
    "aria-label": "Files" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, all), header("name", "Name"), header("size", "Size"),
      header("modified", "Changed"), h("th", { scope: "col", class: "mode" }, "Mode"))), body);
  const view = h("div", { class: "scroll files-view" }, table);
  const { open, download, zip, makeDirectory, rename, remove, digest } = fileActs({
    path: () => path, selected: () => selected(), forget: () => chosen.clear(), reload: () => load(true),
    focus: () => table.focus(),
  });
  const transfers = new Transfers((directory) => { if (directory === path) load(true); });

  fill(main,
    h("h1", { class: "hidden" }, "Files"),
    h("nav", { class: "crumbs", "aria-label": "Directory" }, crumbs), trouble,
    h("div", { class: "toolbar" },
      button("Upload…", () => picker.click(), { class: "primary" }), picker,
      button("New folder…", () => makeDirectory()), button("Look again", () => load(true)),
      h("span", { class: "gap" }), Object.values(buttons)),
    h("div", { class: "toolbar" }, h("label", { for: "filter" }, "Find here"), filter, summary),
    view,
    h("p", { class: "hint" }, "Drop files anywhere to upload them. Arrow keys move, Enter opens, Space chooses, F2 renames, "
      + "Delete deletes, Backspace goes up."),
    transfers.element, panel(me, signal));

  // ---- list

  let rows = [];
  const arrange = () => {
    const text = filter.value.trim().toLowerCase();
    rows = text ? entries.filter((entry) => entry.name.toLowerCase().includes(text)) : [...entries];
    const compare = ORDERS[order];
    rows.sort((left, right) =>
      (right.kind === "directory") - (left.kind === "directory")
      || (descending ? compare(right, left) : compare(left, right)));
    for (const [name, element] of Object.entries(headers)) {
      element.setAttribute("aria-sort", name !== order ? "none" : descending ? "descending" : "ascending");
    }
    current = Math.min(current, rows.length - 1);
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    drawn = "";
    draw();
  };

  let drawn = "";
  const draw = () => {
    const first = Math.max(0, Math.floor(view.scrollTop / ROW) - AROUND);
    const last = Math.min(rows.length, Math.ceil((view.scrollTop + view.clientHeight) / ROW) + AROUND);
    const key = `${first}-${last}-${current}-${chosen.size}-${rows.length}`;
    if (key === drawn) return;
    drawn = key;
    top.firstChild.style.height = `${first * ROW}px`;
    bottom.firstChild.style.height = `${(rows.length - last) * ROW}px`;
    const made = [];
    for (let index = first; index < last; index += 1) made.push(row(rows[index], index));
    if (rows.length === 0 && !isLoading) {
      made.push(h("tr", {}, h("td", { colspan: 5 }, filter.value ? "Nothing here is called that." : "Nothing is here.")));
    }
    body.replaceChildren(top, ...made, bottom);
    if (current >= 0 && current >= first && current < last) table.setAttribute("aria-activedescendant", `row-${current}`);
    else table.removeAttribute("aria-activedescendant");
    setText(summary, `${rows.length} ${rows.length === 1 ? "entry" : "entries"}${chosen.size > 0 ? `, ${chosen.size} chosen` : ""}`);
    all.checked = rows.length > 0 && chosen.size >= rows.length;
    const picked = selected();
    buttons.open.disabled = picked.length !== 1;
    buttons.download.disabled = picked.length === 0 || picked.some((entry) => entry.kind !== "file");
    buttons.zip.disabled = !(picked.length === 0 || (picked.length === 1 && picked[0].kind === "directory"));
    buttons.rename.disabled = picked.length !== 1;
    buttons.remove.disabled = picked.length === 0;
    buttons.digest.disabled = picked.length !== 1 || picked[0].kind !== "file";
  };

  const row = (entry, index) => {
    const isChosen = chosen.has(entry.raw);
    const box = h("input", { type: "checkbox", tabindex: "-1", "aria-label": `Choose ${entry.name}`,
      onclick: (event) => { event.stopPropagation(); toggle(index); } });
    box.checked = isChosen;
    return h("tr", { id: `row-${index}`, "aria-rowindex": index + 2, "aria-selected": String(isChosen),
      class: index === current ? "current" : null,
      onclick: (event) => {
        current = index;
        if (event.ctrlKey || event.metaKey) return toggle(index);
        chosen.clear();
        chosen.add(entry.raw);
        drawn = "";
        draw();
        table.focus({ preventScroll: true });
      },
      ondblclick: () => open(entry) },
      h("td", {}, box),
      h("td", { class: "name" }, h("span", { class: `icon ${entry.kind}`, "aria-hidden": "true" }),
        entry.kind === "directory"
          ? h("a", { href: `#files${join(path, entry.raw)}`, tabindex: "-1" }, entry.name)
          : h("span", {}, entry.name)),
      h("td", { class: "number" }, entry.kind === "file" ? bytes(entry.size) : ""),
      h("td", { class: "number" }, dateTime(entry.modified)),
      h("td", { class: "mode" }, entry.mode ?? ""));
  };

  const selected = () => {
    const list = rows.filter((entry) => chosen.has(entry.raw));
    return list.length === 0 && current >= 0 && document.activeElement === table ? [rows[current]] : list;
  };
  const toggle = (index) => {
    const { raw } = rows[index];
    if (chosen.has(raw)) chosen.delete(raw); else chosen.add(raw);
    current = index;
    drawn = "";
    draw();
  };
  const chooseAll = (isAll) => {
    chosen.clear();
    if (isAll) for (const entry of rows) chosen.add(entry.raw);
    drawn = "";
    draw();
  };
  const sort = (name) => {
    descending = order === name ? !descending : false;
    order = name;
    arrange();
  };
  const move = (to) => {
    if (rows.length === 0) return;
    current = Math.max(0, Math.min(rows.length - 1, to));
    const place = current * ROW;
    if (place < view.scrollTop) view.scrollTop = place;
    // The row of headings covers as much as a row.
    else if (place + 2 * ROW > view.scrollTop + view.clientHeight) view.scrollTop = place + 2 * ROW - view.clientHeight;
    draw();
  };

  const load = async (keeps = false) => {
    isLoading = true;
    setText(trouble, "");
    if (!keeps) {
      entries = [];
      chosen.clear();
      current = -1;
      view.scrollTop = 0;
      arrange();
      setText(summary, "…");
    }
    crumb();
    const asked = path;
    try {
      const answer = await call("GET", `/api/files${path === "/" ? "/" : path}?list`);
      if (signal.aborted || asked !== path) return;
      entries = answer.entries.map(([name, raw, kind, size, modified, mode]) =>
        ({ name, raw, kind, size, modified, mode }));
      const there = new Set(entries.map((entry) => entry.raw));
      for (const raw of chosen) if (!there.has(raw)) chosen.delete(raw);
    } catch (error) {
      setText(trouble, error.message);
    }
    isLoading = false;
    arrange();
  };

  const crumb = () => {
    const parts = path.split("/").filter(Boolean);
    const links = [h("li", {}, h("a", { href: "#files/" }, "Home"))];
    parts.forEach((part, index) => {
      const target = `#files/${parts.slice(0, index + 1).join("/")}`;
      links.push(h("li", {}, h("a", { href: target, "aria-current": index === parts.length - 1 ? "page" : null },
        shown(part))));
    });
    fill(crumbs, links);
  };

  // ---- keys, mouse, dropped files

  table.addEventListener("keydown", (event) => {
    if (event.target !== table) return;
    const page = Math.max(1, Math.floor(view.clientHeight / ROW) - 1);
    const acts = {
      ArrowDown: () => move(current + 1), ArrowUp: () => move(current - 1), PageDown: () => move(current + page),
      PageUp: () => move(current - page), Home: () => move(0), End: () => move(rows.length - 1),
      Enter: () => open(rows[current]), " ": () => current >= 0 && toggle(current), F2: () => rename(),
      Delete: () => remove(), Backspace: () => { if (path !== "/") location.hash = `#files${parentOf(path)}`; },
      a: () => chooseAll(true),
    };
    if (event.key === "a" && !(event.ctrlKey || event.metaKey)) return;
    const act = acts[event.key];
    if (!act || event.altKey) return;
    event.preventDefault();
    act();
  });
  view.addEventListener("scroll", draw, { passive: true });
  const observer = new ResizeObserver(draw);
  observer.observe(view);
  filter.addEventListener("input", arrange);
  let depth = 0;
  const drops = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const on = (name, handler) => document.addEventListener(name, handler, { signal });
  on("dragenter", (event) => {
    if (!drops(event)) return;
    depth += 1;
    view.classList.add("drop");
  });
  on("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) view.classList.remove("drop");
  });
  on("dragover", (event) => { if (drops(event)) event.preventDefault(); });
  on("drop", (event) => {
    if (!drops(event)) return;
    event.preventDefault();
    depth = 0;
    view.classList.remove("drop");
    transfers.drop(event.dataTransfer, path);
  });
  signal.addEventListener("abort", () => observer.disconnect());
  load();
}
