// The server at a glance: what it does now, the last quarter of an hour, and what has gone wrong.

import { listen } from "./api.js";
import { chart } from "./chart.js";
import { fill, h, setText } from "./dom.js";
import { bytes, clock, dateTime, duration, rate } from "./format.js";

const WINDOW = 15 * 60 * 1000;

export function show(main, { signal }) {
  const figures = {};
  const figure = (name, label) => {
    figures[name] = h("dd", {}, "–");
    return h("div", { class: "figure" }, h("dt", {}, label), figures[name]);
  };
  const trouble = h("p", { class: "problem", role: "alert" });
  const graph = h("div", {});
  const counts = h("div", {});
  const notices = h("tbody", {});
  const facts = h("dl", { class: "facts" });
  fill(main,
    h("h1", {}, "Overview"), trouble,
    h("dl", { class: "figures" },
      figure("sessions", "Sessions"), figure("transfers", "Transfers"), figure("down", "Sent now"),
      figure("up", "Received now"), figure("failedLogins", "Failed logins"), figure("multipath", "Multipath")),
    h("section", {}, h("h2", {}, "Throughput"), graph),
    h("section", {}, h("h2", {}, "Sessions and transfers"), counts),
    h("section", {}, h("h2", {}, "Server"), facts),
    h("section", {}, h("h2", {}, "Notices"),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Notices" },
        h("table", {},
          h("thead", {}, h("tr", {}, ["Time", "What", "User", "From", "More"].map((name) =>
            h("th", { scope: "col" }, name)))), notices))));

  let samples = [];
  let drawn = 0;
  let shownNotices = "";
  const add = (sample) => {
    const last = samples.at(-1);
    if (last && (sample.sent < last.sent || sample.completed < last.completed)) samples = [];
    samples.push(sample);
    while (samples.length > 0 && samples[0].time < sample.time - WINDOW) samples.shift();
  };
  const speed = (name) => samples.slice(1).map((sample, index) => {
    const before = samples[index];
    return [sample.time, ((sample[name] - before[name]) * 1000) / Math.max(1, sample.time - before.time)];
  });
  const draw = () => {
    const to = samples.at(-1)?.time ?? Date.now();
    const from = to - WINDOW;
    chart(graph, { label: "Bytes per second in the last 15 minutes", base: 1024, from, to,
      format: (value) => `${bytes(Math.round(value))}/s`,
      series: [{ name: "sent", class: "down", points: speed("sent") },
        { name: "received", class: "up", points: speed("received") }] });
    chart(counts, { label: "Sessions and transfers in the last 15 minutes", from, to, format: (value) => (Number.isInteger(value) ? String(value) : ""),
      series: [{ name: "sessions", class: "down", points: samples.map((one) => [one.time, one.sessions]) },
        { name: "transfers", class: "up", points: samples.map((one) => [one.time, one.transfers]) }] });
  };

  window.addEventListener("resize", () => { if (samples.length > 0) draw(); }, { signal });
  listen("/api/operator/overview", {
    history: (list) => { samples = list; },
    overview: (status) => {
      setText(trouble, status.isDraining ? "weftpd is draining: it ends with its last transfer." : "");
      add(status.now);
      const [sent, received] = ["sent", "received"].map((name) => speed(name).at(-1)?.[1] ?? 0);
      setText(figures.sessions, String(status.now.sessions));
      setText(figures.transfers, String(status.now.transfers));
      setText(figures.down, rate(sent) || "0 B/s");
      setText(figures.up, rate(received) || "0 B/s");
      setText(figures.failedLogins, String(status.failedLogins));
      setText(figures.multipath, `${status.now.multipath}`);
      fill(facts, [
        ["Version", status.version], ["Process", status.process], ["Running for", duration(status.uptime / 1000)],
        ["Listens at", status.listeners.join(", ")], ["Log level", status.level],
        ["Transfers done", `${status.now.completed}, ${status.now.failed} failed`],
        ["Bytes", `${bytes(status.now.sent)} sent, ${bytes(status.now.received)} received`],
        ["Multipath", `${status.now.multipath} connections, ${status.now.fallbacks} fell back to TCP`],
        ...status.certificates.map(certificate),
        ...status.disks.map((disk) => ["Room", [`${bytes(disk.free)} free of ${bytes(disk.total)} at ${disk.directory} `,
          h("meter", { min: 0, max: 1, high: 0.85, optimum: 0, value: disk.total > 0 ? 1 - disk.free / disk.total : 0,
            "aria-label": `used at ${disk.directory}` })]]),
        ["Failed logins", `${status.failedLogins} since the console started`],
      ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
      const text = JSON.stringify(status.notices);
      if (text !== shownNotices) {
        shownNotices = text;
        fill(notices, status.notices.length === 0
          ? h("tr", {}, h("td", { colspan: 5 }, "None since the console started."))
          : status.notices.toReversed().map((notice) => h("tr", {},
            [clock(notice.time), notice.message, notice.user, notice.peer, notice.note].map((cell) =>
              h("td", {}, cell)))));
      }
      if (Date.now() - drawn >= 1900) {
        drawn = Date.now();
        draw();
      }
    },
    trouble: (text) => setText(trouble, text),
    error: () => setText(trouble, "The console does not answer."),
  }, signal);
}

// A name and what it says. Who renews certificates by hand has three weeks from the first warning.
function certificate({ host, expires }) {
  const days = Math.floor((expires - Date.now()) / 86_400_000);
  const text = days < 0 ? `expired on ${dateTime(expires).slice(0, 10)}` : `until ${dateTime(expires).slice(0, 10)}, ${days} ${days === 1 ? "day" : "days"} from now`;
  return [host ? `Certificate of ${host}` : "Certificate", days < 21 ? h("span", { class: "problem" }, text) : text];
}
