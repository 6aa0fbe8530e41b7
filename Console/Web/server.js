// What is done to the server as a whole: its settings read again, and its end.

import { attempt, call } from "./api.js";
import { ask, fill, h, toast } from "./dom.js";

export function show(main) {
  const act = async (path, title, options, done) => {
    const answer = await ask(title, options);
    if (!answer) return;
    const result = await attempt(async () => {
      await call("POST", path, { confirmation: answer.confirmation, seconds: Number(answer.seconds ?? 0) || 0 });
      return true;
    });
    if (result) toast(done);
  };
  fill(main, h("h1", {}, "Server"),
    h("section", {}, h("h2", {}, "Read the settings again"),
      h("p", {}, "weftpd reads its settings and user tables. Those that cannot be used change nothing, and the log tells "
        + "why. Sessions go on."),
      h("button", { type: "button", onclick: () => act("/api/operator/reload", "Read the settings again?",
        { typed: "reload", confirm: "Reload" }, "The settings were read.") }, "Reload…")),
    h("section", {}, h("h2", {}, "Drain"),
      h("p", {}, "No new sessions begin, and weftpd ends when its last transfer has. A service manager may start it again."),
      h("button", { type: "button", class: "danger", onclick: () => act("/api/operator/drain", "Drain the server?",
        { typed: "drain", confirm: "Drain", danger: true,
          fields: [{ name: "seconds", label: "Break transfers off after so many seconds", type: "number", value: "0",
            hint: "0: however long they take." }] }, "weftpd drains.") }, "Drain…")));
}
