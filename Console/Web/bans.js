// Who is refused: addresses, networks and users, and until when.

import { attempt, call } from "./api.js";
import { ban } from "./acts.js";
import { ask, fill, h, toast } from "./dom.js";
import { duration } from "./format.js";

export function show(main) {
  const body = h("tbody", {});
  const load = async () => {
    const bans = await attempt(() => call("GET", "/api/operator/bans"));
    if (!bans) return;
    fill(body, bans.length === 0 ? h("tr", {}, h("td", { colspan: 4 }, "Nobody is banned.")) : bans.map((entry) =>
      h("tr", {}, h("th", { scope: "row" }, entry.subject),
        h("td", {}, entry.seconds === null || entry.seconds === undefined ? "until it is lifted"
          : `for ${duration(entry.seconds)} more`),
        h("td", {}, entry.reason),
        h("td", { class: "acts" }, h("button", { type: "button", onclick: () => lift(entry.subject) }, "Lift")))));
  };
  const lift = async (subject) => {
    if (!(await ask(`Lift the ban of ${subject}?`, { confirm: "Lift it" }))) return;
    const done = await attempt(async () => {
      await call("POST", "/api/operator/unban", { subject });
      return true;
    });
    if (done) toast(`The ban of ${subject} was lifted.`);
    await load();
  };
  fill(main, h("h1", {}, "Bans"),
    h("div", { class: "toolbar" },
      h("button", { type: "button", class: "primary", onclick: async () => { if (await ban()) await load(); } }, "Ban…"),
      h("button", { type: "button", onclick: load }, "Look again")),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Bans" },
      h("table", {}, h("thead", {}, h("tr", {}, ["Who", "How long", "Why", ""].map((name) =>
        h("th", { scope: "col" }, name || h("span", { class: "hidden" }, "Acts"))))), body)));
  load();
}
