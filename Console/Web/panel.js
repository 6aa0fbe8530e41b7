// What the console and weftpd say to each other for this user, and how data is to travel.

import { attempt, call, listen } from "./api.js";
import { h } from "./dom.js";
import { clock } from "./format.js";

const KEPT = 500;

export function panel(me, signal) {
  const list = h("ol", { class: "log scroll", tabindex: "0", role: "log", "aria-label": "Commands and replies",
    "aria-live": "off" });
  const choice = (id, label, options, value) => {
    const select = h("select", { id }, options.map(([name, text]) =>
      h("option", { value: name, selected: name === value }, text)));
    return [h("label", { for: id }, label), select];
  };
  const ways = me.ways ?? { data: "passive", type: "I" };
  const [dataLabel, data] = choice("data", "Data connections",
    [["passive", "passive: the console connects"], ["active", "active: weftpd connects"]], ways.data);
  const [typeLabel, type] = choice("type", "Type", [["I", "I: bytes as they are"], ["A", "A: text, its line ends as this system has them"]],
    ways.type);
  const change = async () => {
    const answer = await attempt(() => call("POST", "/api/panel", { data: data.value, type: type.value }));
    if (answer) me.ways = answer;
    data.value = me.ways.data;
    type.value = me.ways.type;
  };
  data.addEventListener("change", change);
  type.addEventListener("change", change);
  let stream = null;
  let last = 0;
  const details = h("details", { class: "panel", ontoggle: () => {
    stream?.abort();
    if (!details.open) return;
    stream = new AbortController();
    signal.addEventListener("abort", () => stream.abort());
    listen("/api/panel", {
      lines: (lines) => {
        const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
        for (const line of lines) {
          // A stream that was opened again tells the lines from before once more.
          if (line.number <= last) continue;
          last = line.number;
          const mark = { sent: "→", received: "←", note: "·" }[line.kind];
          for (const text of line.text.split("\n")) {
            list.append(h("li", { class: line.kind }, `${clock(line.time)} ${line.session} ${mark} ${text}`));
          }
        }
        while (list.children.length > KEPT) list.firstElementChild.remove();
        if (atEnd) list.scrollTop = list.scrollHeight;
      },
    }, stream.signal);
  } },
    h("summary", {}, "Connection: commands and replies"),
    h("div", { class: "toolbar" }, dataLabel, data, typeLabel, type), list);
  return details;
}
