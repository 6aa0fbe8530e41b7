// One session: its connections with the bytes of each path, and what it says from now on.

import { listen } from "./api.js";
import { addressOf, ban, kick, saySession } from "./acts.js";
import { chart } from "./chart.js";
import { fill, h, setText } from "./dom.js";
import { bytes, clock, dateTime, duration } from "./format.js";
import { progress } from "./sessions.js";

export function show(main, { signal, argument }) {
  const id = Number(argument);
  const trouble = h("p", { class: "problem", role: "alert" });
  const facts = h("dl", { class: "facts" });
  const connections = h("div", {});
  const graph = h("div", {});
  const commands = h("tbody", {});
  let row = null;
  const acts = h("div", { class: "toolbar" },
    h("a", { href: "#sessions" }, "All sessions"),
    h("button", { type: "button", onclick: () => row && saySession(row) }, "Message"),
    h("button", { type: "button", onclick: () => row && kick(row) }, "Kick"),
    h("button", { type: "button", onclick: () => row && ban(addressOf(row.peer)) }, "Ban the address"),
    h("button", { type: "button", onclick: () => row?.user && ban(`user:${row.userKey}`) }, "Ban the user"));
  fill(main, h("h1", {}, `Session ${id}`), trouble, acts, facts,
    h("section", {}, h("h2", {}, "Bytes by path"), graph, connections),
    h("section", {}, h("h2", {}, "Commands"),
      h("p", {}, "From now on; passwords are never among them."),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Commands" },
        h("table", {}, h("thead", {}, h("tr", {}, ["Time", "What", "Command", "Path", "Reply", "Bytes", "Took"]
          .map((name) => h("th", { scope: "col" }, name)))), commands))));

  const history = [];
  const draw = () => {
    const names = [...new Set(history.flatMap((one) => [...one.bytes.keys()]))];
    chart(graph, { label: "Bytes carried by each path", base: 1024, stacked: true, format: (value) => bytes(value),
      series: names.map((name, index) => ({ name, class: `series${index % 6}`,
        points: history.map((one) => [one.time, one.bytes.get(name) ?? 0]) })) });
  };
  window.addEventListener("resize", () => { if (history.length > 0) draw(); }, { signal });
  listen(`/api/operator/sessions/${id}`, {
    session: (value) => {
      if (!value) {
        setText(trouble, "This session is over.");
        row = null;
        return;
      }
      setText(trouble, "");
      row = value.row;
      const { transfer } = row;
      fill(facts, [
        ["User", row.user || "not logged in"], ["From", row.peer], ["Protection", row.tls || "none"],
        ["Connected", `${dateTime(row.connected)} (${duration((Date.now() - row.connected) / 1000)})`],
        ["Last command", `${row.verb || "–"}, ${duration((Date.now() - row.active) / 1000)} ago`],
        ["Transfer", transfer ? [`${transfer.verb} ${transfer.path} `, progress(transfer)] : "none"],
      ].map(([name, content]) => h("div", {}, h("dt", {}, name), h("dd", {}, content))));
      const paths = value.connections.flatMap((one, index) =>
        one.paths.map((path) => ({ ...path, name: `${path.local} – ${path.remote}`, kind: one.kind, index })));
      history.push({ time: Date.now(), bytes: new Map(paths.map((path) => [path.name, path.bytes])) });
      if (history.length > 300) history.shift();
      draw();
      fill(connections, value.connections.map((one) => h("div", { class: "scroll", tabindex: "0", role: "region",
        "aria-label": one.kind },
        h("h3", {}, one.kind),
        h("table", {}, h("thead", {}, h("tr", {}, ["Here", "There", "Bytes", "Round trip", "Sent again", "Live"]
          .map((name, index) => h("th", { scope: "col", class: index > 1 && index < 5 ? "number" : null }, name)))),
          h("tbody", {}, one.paths.map((path) => h("tr", {}, h("td", {}, path.local), h("td", {}, path.remote),
            h("td", { class: "number" }, bytes(path.bytes)),
            h("td", { class: "number" }, `${(path.roundTrip / 1000).toFixed(1)} ms`),
            h("td", { class: "number" }, path.retransmissions), h("td", {}, path.live ? "yes" : "no"))))))));
    },
    command: (event) => {
      commands.prepend(h("tr", {}, [clock(event.time), event.message, event.verb, event.path, event.reply ?? "",
        event.bytes === null ? "" : bytes(event.bytes), event.milliseconds === null ? "" : `${event.milliseconds} ms`]
        .map((cell) => h("td", {}, cell))));
      while (commands.children.length > 200) commands.lastElementChild.remove();
    },
    trouble: (text) => setText(trouble, text),
    error: () => setText(trouble, "The console does not answer."),
  }, signal);
}
