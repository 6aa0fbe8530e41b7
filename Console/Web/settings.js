// The settings in force, where each came from, and what is wrong with them.

import { attempt, call } from "./api.js";
import { fill, h, setText } from "./dom.js";

export function show(main) {
  const filter = h("input", { id: "filter", type: "search", autocomplete: "off", spellcheck: "false" });
  const own = h("input", { id: "own", type: "checkbox" });
  const count = h("span", { class: "count", role: "status" });
  const findings = h("ul", { class: "findings" });
  const body = h("tbody", {});
  let answer = { findings: [], settings: [] };
  const draw = () => {
    const text = filter.value.trim().toLowerCase();
    const rows = answer.settings.filter((row) => (!own.checked || row.origin !== "default")
      && `${row.key} ${row.value} ${row.origin}`.toLowerCase().includes(text));
    fill(body, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.key), h("td", { class: "value" }, row.value),
      h("td", {}, row.origin))));
    setText(count, `${rows.length} of ${answer.settings.length}`);
  };
  const load = async () => {
    answer = (await attempt(() => call("GET", "/api/operator/settings"))) ?? answer;
    fill(findings, answer.findings.length === 0 ? h("li", {}, "Nothing.") : answer.findings.map((line) => h("li", {}, line)));
    draw();
  };
  filter.addEventListener("input", draw);
  own.addEventListener("change", draw);
  fill(main, h("h1", {}, "Settings"),
    h("section", {}, h("h2", {}, "What weftpd has found"), findings),
    h("section", {}, h("h2", {}, "In force"),
      h("div", { class: "toolbar" }, h("label", { for: "filter" }, "Find"), filter,
        h("span", { class: "pair" }, own, h("label", { for: "own" }, "only what somebody has set")), count,
        h("button", { type: "button", onclick: load }, "Look again")),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Settings" },
        h("table", {}, h("thead", {}, h("tr", {}, ["Setting", "Value", "From"].map((name) =>
          h("th", { scope: "col" }, name)))), body))));
  load();
}
