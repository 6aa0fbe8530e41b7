// weftpd's log while it is written.

import { attempt, call, listen } from "./api.js";
import { fill, h, setText, toast } from "./dom.js";

const LEVELS = ["trace", "debug", "info", "notice", "warning", "error", "critical"];
const KEPT = 2000;

export function show(main, { signal }) {
  const level = h("select", { id: "level" }, LEVELS.map((name) =>
    h("option", { value: name, selected: name === "info" }, name)));
  const filter = h("input", { id: "filter", type: "search", autocomplete: "off", spellcheck: "false" });
  const pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
    const isPaused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(isPaused));
    if (!isPaused) drain();
  } }, "Pause");
  const own = h("select", { id: "own" }, [h("option", { value: "" }, "…"), ...LEVELS.map((name) =>
    h("option", { value: name }, name))]);
  const trouble = h("p", { class: "problem", role: "alert" });
  const list = h("ol", { class: "log scroll", tabindex: "0", role: "log", "aria-label": "Log", "aria-live": "off" });
  fill(main, h("h1", {}, "Log"), trouble,
    h("div", { class: "toolbar" },
      h("label", { for: "level" }, "From level"), level, h("label", { for: "filter" }, "Find"), filter, pause,
      h("button", { type: "button", onclick: save }, "Save what is here"),
      h("label", { for: "own" }, "Level weftpd writes"), own),
    list);

  const lines = [];
  const waiting = [];
  const text = (line) => {
    const { timestamp, level: name, message, ...rest } = line;
    const fields = Object.entries(rest).filter(([, value]) => value !== null).map(([key, value]) =>
      `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
    return [timestamp ?? line.time ?? "", name, message, ...fields].join(" ");
  };
  const matches = (line) => line.text.toLowerCase().includes(filter.value.trim().toLowerCase());
  const element = (line) => h("li", { class: `level-${line.level}` }, line.text);
  function drain() {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    for (const line of waiting.splice(0)) {
      lines.push(line);
      if (matches(line)) list.append(element(line));
    }
    while (lines.length > KEPT) lines.shift();
    while (list.children.length > KEPT) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  }
  function save() {
    const blob = new Blob([lines.map((line) => `${line.raw}\n`).join("")], { type: "application/x-ndjson" });
    const link = h("a", { href: URL.createObjectURL(blob), download: "weftpd-log.jsonl" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  filter.addEventListener("input", () => {
    fill(list, lines.filter(matches).map(element));
    list.scrollTop = list.scrollHeight;
  });

  let closing = null;
  const open = () => {
    closing?.abort();
    closing = new AbortController();
    listen(`/api/operator/log?level=${level.value}`, {
      line: (line) => {
        waiting.push({ level: line.level, text: text(line), raw: JSON.stringify(line) });
        if (waiting.length > KEPT) waiting.shift();
        if (pause.getAttribute("aria-pressed") !== "true") drain();
      },
      dropped: (count) => toast(`${count} lines came too fast and are not shown.`, true),
      trouble: (words) => setText(trouble, words),
      open: () => setText(trouble, ""),
      error: () => setText(trouble, "The console does not answer."),
    }, closing.signal);
  };
  level.addEventListener("change", open);
  own.addEventListener("change", async () => {
    if (!own.value) return;
    const done = await attempt(() => call("POST", "/api/operator/level", { level: own.value }));
    if (done) toast(`weftpd's log begins at ${done.level} now, until it starts anew.`);
    own.value = "";
  });
  signal.addEventListener("abort", () => closing?.abort());
  open();
}
