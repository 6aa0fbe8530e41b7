// The users that weftpd knows, and those who are logged in: the sessions by user.

import { accounts } from "./accounts.js";
import { ban, kickUser, sayUser } from "./acts.js";
import { fill, h, setText } from "./dom.js";
import { bytes, rate } from "./format.js";
import { follow } from "./live.js";

export function show(main, { signal }) {
  const trouble = h("p", { class: "problem", role: "alert" });
  const body = h("tbody", {});
  const known = h("section", {});
  fill(main, h("h1", {}, "Users"), trouble, h("h2", {}, "Accounts"), known, h("h2", {}, "Logged in now"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Logged in now" },
      h("table", {}, h("thead", {}, h("tr", {}, ["User", "Sessions", "From", "Transfers", "Moved by these", "Rate", ""]
        .map((name) => h("th", { scope: "col" }, name || h("span", { class: "hidden" }, "Acts"))))), body)));
  accounts(known);

  const draw = (rows) => {
    const users = new Map();
    for (const row of rows.values()) {
      if (!row.user) continue;
      const user = users.get(row.userKey)
        ?? { name: row.user, key: row.userKey, sessions: 0, hosts: new Set(), transfers: 0, bytes: 0, rate: 0 };
      user.sessions += 1;
      user.hosts.add(row.peer.replace(/:\d+$/, ""));
      if (row.transfer) {
        user.transfers += 1;
        user.bytes += row.transfer.bytes;
        user.rate += row.rates?.at(-1) ?? 0;
      }
      users.set(row.userKey, user);
    }
    // A button that has the focus must not vanish beneath it.
    const focused = document.activeElement?.closest("tr")?.dataset.user;
    const list = [...users.values()].sort((left, right) => left.name.localeCompare(right.name));
    if (focused !== undefined && body.contains(document.activeElement) && users.has(focused)) return;
    fill(body, list.length === 0 ? h("tr", {}, h("td", { colspan: 7 }, "Nobody is logged in.")) : list.map((user) =>
      h("tr", { "data-user": user.key }, h("th", { scope: "row" }, user.name),
        h("td", { class: "number" }, user.sessions), h("td", {}, [...user.hosts].join(", ")),
        h("td", { class: "number" }, user.transfers), h("td", { class: "number" }, bytes(user.bytes)),
        h("td", { class: "number" }, rate(user.rate)),
        h("td", { class: "acts" },
          h("button", { type: "button", onclick: () => sayUser(user.name, user.key) }, "Message"),
          h("button", { type: "button", onclick: () => kickUser(user.name, user.key) }, "Kick all"),
          h("button", { type: "button", onclick: () => ban(`user:${user.key}`) }, "Ban")))));
  };
  follow(signal, draw, (text) => setText(trouble, text));
}
