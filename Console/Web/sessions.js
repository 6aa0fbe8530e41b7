// All sessions, live: what each does, how fast, and since when it does nothing.

import { addressOf, ban, kick, sayAll, saySession } from "./acts.js";
import { sparkline } from "./chart.js";
import { fill, h, setText } from "./dom.js";
import { bytes, duration, rate } from "./format.js";
import { follow } from "./live.js";

const ARROWS = { download: "↓", upload: "↑", listing: "≡", fileWork: "⚙" };

/** The progress of a transfer, as a bar where its end is known. */
export function progress(transfer) {
  if (!transfer) return "";
  const text = transfer.total !== null ? `${bytes(transfer.bytes)} of ${bytes(transfer.total)}` : bytes(transfer.bytes);
  if (transfer.total === null || transfer.total === 0) return text;
  return [h("progress", { max: transfer.total, value: Math.min(transfer.bytes, transfer.total),
    "aria-label": `Progress of ${transfer.path}` }), h("small", {}, text)];
}

export function show(main, { signal }) {
  const trouble = h("p", { class: "problem", role: "alert" });
  const filter = h("input", { id: "filter", type: "search", autocomplete: "off", spellcheck: "false" });
  const state = h("select", { id: "state" }, [["", "all"], ["transfer", "with a transfer"], ["down", "downloads"],
    ["up", "uploads"], ["idle", "idle for a minute"], ["anonymous", "before login"], ["multipath", "multipath"]]
    .map(([value, label]) => h("option", { value }, label)));
  const count = h("span", { class: "count" });
  const body = h("tbody", {});
  fill(main, h("h1", {}, "Sessions"), trouble,
    h("div", { class: "toolbar" },
      h("label", { for: "filter" }, "Find"), filter, h("label", { for: "state" }, "Show"), state, count,
      h("span", { class: "gap" }), h("button", { type: "button", onclick: sayAll }, "Message to all…")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sessions" },
      h("table", { class: "sessions" },
        h("thead", {}, h("tr", {}, ["Number", "User", "From", "Does", "Path", "Progress", "Rate", "Idle", "Age", ""]
          .map((name) => h("th", { scope: "col", class: ["Rate", "Idle", "Age"].includes(name) ? "number" : null }, name || h("span", { class: "hidden" }, "Acts"))))),
        body)));

  const elements = new Map();
  let rows = new Map();

  const make = (id) => {
    const cells = {};
    for (const name of ["user", "peer", "verb", "path", "progress", "rate", "idle", "age"]) cells[name] = h("td", {});
    cells.rate.className = cells.idle.className = cells.age.className = "number";
    cells.path.className = "path";
    const link = h("a", { href: `#session/${id}` }, String(id));
    const row = h("tr", { "data-id": id }, h("th", { scope: "row" }, link), cells.user, cells.peer, cells.verb,
      cells.path, cells.progress, cells.rate, cells.idle, cells.age,
      h("td", { class: "acts" },
        h("button", { type: "button", onclick: () => saySession(rows.get(id)) }, "Message"),
        h("button", { type: "button", onclick: () => kick(rows.get(id)) }, "Kick"),
        h("button", { type: "button", onclick: () => ban(addressOf(rows.get(id).peer)) }, "Ban")));
    return { row, cells, spark: null };
  };

  const matches = (row) => {
    const text = filter.value.trim().toLowerCase();
    if (text && ![row.user, row.peer, row.verb, row.transfer?.path ?? "", String(row.id)]
      .some((field) => field.toLowerCase().includes(text))) return false;
    switch (state.value) {
      case "transfer": return Boolean(row.transfer);
      case "down": return row.transfer?.direction === "download";
      case "up": return row.transfer?.direction === "upload";
      case "idle": return !row.transfer && Date.now() - row.active > 60000;
      case "anonymous": return row.user === "";
      case "multipath": return row.multipath || row.transfer?.multipath === true;
      default: return true;
    }
  };

  const draw = () => {
    const wanted = [...rows.values()].filter(matches).sort((left, right) => left.id - right.id);
    const ids = new Set(wanted.map((row) => row.id));
    for (const [id, entry] of elements) {
      if (ids.has(id)) continue;
      entry.row.remove();
      elements.delete(id);
    }
    let before = null;
    for (const row of wanted) {
      let entry = elements.get(row.id);
      if (!entry) {
        entry = make(row.id);
        elements.set(row.id, entry);
        if (before) before.after(entry.row); else body.prepend(entry.row);
      }
      before = entry.row;
      const { cells } = entry;
      const { transfer } = row;
      setText(cells.user, row.user || "–");
      setText(cells.peer, row.peer + (row.tls ? " 🔒" : "") + (row.multipath ? " ⇉" : ""));
      cells.peer.title = [row.tls || "in clear", row.multipath ? "multipath" : "plain TCP"].join(", ");
      setText(cells.verb, transfer ? `${ARROWS[transfer.direction] ?? ""} ${transfer.verb}` : row.verb);
      setText(cells.path, transfer?.path ?? "");
      cells.path.title = transfer?.path ?? "";
      const key = transfer ? `${transfer.bytes}/${transfer.total}` : "";
      if (entry.key !== key) {
        entry.key = key;
        fill(cells.progress, progress(transfer));
      }
      if (transfer) fill(cells.rate, rate(row.rates?.at(-1) ?? 0), sparkline(row.rates ?? []));
      else setText(cells.rate, "");
      setText(cells.idle, transfer ? "" : duration((Date.now() - row.active) / 1000));
      setText(cells.age, duration((Date.now() - row.connected) / 1000));
    }
    setText(count, `${wanted.length} of ${rows.size}`);
  };

  rows = follow(signal, draw, (text) => setText(trouble, text));
  filter.addEventListener("input", draw);
  state.addEventListener("change", draw);
  const timer = setInterval(draw, 1000);
  signal.addEventListener("abort", () => clearInterval(timer));
}
