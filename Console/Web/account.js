// One user: every field of the entry, what can be done to it, and what the user may do.

import { attempt, call } from "./api.js";
import { tell } from "./accounts.js";
import { kickUser } from "./acts.js";
import { ask, fill, h, setText } from "./dom.js";

const VERBS = ["RETR", "STOR", "APPE", "LIST", "CWD", "DELE", "MKD", "RMD", "RNFR", "RNTO", "SIZE", "SITE CHMOD"];
const ORIGINS = { none: "", entry: "the entry", group: "a group" };
/** What every user has: it is set, not taken away. */
const ALWAYS = new Set(["home", "access", "password"]);

export function show(main, { argument }) {
  const key = argument;
  let name = "";
  try { name = decodeURIComponent(key); } catch { name = key; }
  const body = h("tbody", {});
  const only = h("input", { type: "checkbox", id: "only-set", onchange: () => draw() });
  const acts = h("div", { class: "toolbar" });
  const trouble = h("p", { class: "problem", role: "alert" });
  const result = h("div", { role: "status" });
  let fields = [];
  let mayEdit = false;

  const edit = async (words, act) => {
    const done = await attempt(() => call("POST", "/api/operator/account", { key, ...act }));
    if (done) tell(words, done);
    if (done && act.act !== "remove") await load();
    return done;
  };
  const change = async (field) => {
    const choices = field.key === "access" ? [["rw", "read and write"], ["ro", "read"]]
      : /=yes or /.test(field.expected) ? [["yes", "yes"], ["no", "no"]] : undefined;
    const answer = await ask(`${field.key} of ${name}`, {
      text: field.meaning,
      fields: [{ name: "value", label: "Value", value: field.isHidden ? "" : field.value, options: choices,
        hint: `Expects ${field.expected}.`, lines: field.key === "welcome" }],
      confirm: "Set",
    });
    if (answer) await edit(`${name}: ${field.key} was set.`, { act: "update", set: { [field.key]: answer.value } });
  };
  const takeAway = async (field) => {
    if (await ask(`Take ${field.key} away from ${name}?`, { text: field.meaning, confirm: "Take away", danger: true }))
      await edit(`${name}: ${field.key} was taken away.`, { act: "update", unset: [field.key] });
  };
  const password = async () => {
    const answer = await ask(`Password of ${name}`, {
      fields: [{ name: "password", label: "New password", type: "password", hint: "Empty: no password is right any more." }],
      confirm: "Set",
    });
    if (answer) await edit(`${name} has ${answer.password ? "a new" : "no"} password.`,
      { act: "password", password: answer.password });
  };
  const remove = async () => {
    const answer = await ask(`Remove ${name}?`, {
      text: "The home and its files stay. Sessions of the user end.", confirm: "Remove", danger: true, typed: name,
    });
    if (!answer) return;
    if (await edit(`${name} was removed.`, { act: "remove", confirmation: answer.confirmation })) location.hash = "#users";
  };
  const draw = () => {
    const enabled = fields.find((field) => field.key === "enabled");
    const isOff = enabled?.value === "no";
    const nameOf = (one) => one.dataset.act ?? one.getAttribute("aria-label") ?? one.textContent;
    const focused = main.contains(document.activeElement) && document.activeElement.matches("button")
      ? nameOf(document.activeElement) : null;
    const button = (text, act, properties = {}) =>
      h("button", { type: "button", disabled: !mayEdit, onclick: act, ...properties }, text);
    fill(acts, h("a", { href: "#users" }, "All users"),
      button(isOff ? "Enable" : "Disable", () => edit(`${name} was ${isOff ? "enabled" : "disabled"}.`,
        isOff && enabled.origin === "entry" ? { act: "update", unset: ["enabled"] }
          : { act: "update", set: { enabled: isOff ? "yes" : "no" } }), { "data-act": "enabled" }),
      button("Password…", password), button("Count the home again", () => edit(`${name}:`, { act: "recount" })),
      button("End all sessions…", () => kickUser(name, key), { disabled: false }),
      button("Remove…", remove, { class: "danger" }));
    fill(body, fields.filter((field) => !only.checked || field.origin !== "none").map((field) => h("tr", {},
      h("th", { scope: "row" }, field.key),
      h("td", { class: "value" }, field.isHidden ? "not shown" : field.value),
      h("td", {}, ORIGINS[field.origin]),
      h("td", { class: "value" }, field.meaning),
      h("td", { class: "acts" },
        field.expected && button("Change", () => change(field), { "aria-label": `Change ${field.key}` }),
        field.origin === "entry" && !ALWAYS.has(field.key)
          && button("Take away", () => takeAway(field), { "aria-label": `Take ${field.key} away` })))));
    // Who works with the keyboard goes on where they were.
    if (focused) [...main.querySelectorAll("button")].find((one) => nameOf(one) === focused)?.focus();
  };
  const load = async () => {
    const [list, found] = await Promise.all([
      attempt(() => call("GET", "/api/operator/accounts?count=0")),
      attempt(() => call("GET", `/api/operator/accounts/${key}`)),
    ]);
    if (!list || !found) return;
    setText(trouble, list.obstacle);
    mayEdit = !list.obstacle;
    fields = found;
    draw();
  };

  const verb = h("select", { id: "verb" }, VERBS.map((one) => h("option", { value: one }, one)));
  const path = h("input", { id: "path", value: "/", spellcheck: "false", autocomplete: "off", required: true });
  const address = h("input", { id: "address", spellcheck: "false", autocomplete: "off" });
  const explain = async (event) => {
    event.preventDefault();
    const answer = await attempt(() => call("POST", "/api/operator/explain",
      { key, verb: verb.value, path: path.value, address: address.value.trim() }));
    if (answer) fill(result, h("p", {}, h("strong", {}, answer.isAllowed ? "Yes." : "No.")),
      h("ul", { class: "findings" }, answer.lines.map((line) => h("li", {}, line))));
  };
  fill(main, h("h1", {}, name), trouble, acts,
    h("section", {}, h("h2", {}, "What may the user do?"),
      h("form", { class: "toolbar", onsubmit: explain },
        h("span", { class: "pair" }, h("label", { for: "verb" }, "Command"), verb),
        h("span", { class: "pair" }, h("label", { for: "path" }, "Path"), path),
        h("span", { class: "pair" }, h("label", { for: "address" }, "From address"), address),
        h("button", { type: "submit" }, "Explain")), result),
    h("section", {}, h("h2", {}, "Fields"),
      h("div", { class: "toolbar" }, h("span", { class: "pair" }, only, h("label", { for: "only-set" }, "Only what is set"))),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields" },
        h("table", {}, h("thead", {}, h("tr", {}, ["Field", "Value", "From", "What it does", ""].map((one) =>
          h("th", { scope: "col" }, one || h("span", { class: "hidden" }, "Acts"))))), body))));
  load();
}
