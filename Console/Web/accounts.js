// The users that weftpd knows: a list in pages, and new ones.

import { attempt, call } from "./api.js";
import { ask, fill, h, setText, toast } from "./dom.js";

const COUNT = 100;

/** Shows the list of accounts in an element. */
export function accounts(place) {
  const obstacle = h("p", { class: "hint" });
  const from = h("p", { class: "hint" });
  const body = h("tbody", {});
  const count = h("span", { class: "count", role: "status" });
  const filter = h("input", { type: "search", id: "account-filter", autocomplete: "off" });
  const add = h("button", { type: "button", class: "primary", disabled: true, onclick: () => create() }, "New user…");
  const back = h("button", { type: "button", disabled: true, onclick: () => turn(-COUNT) }, "Previous");
  const forth = h("button", { type: "button", disabled: true, onclick: () => turn(COUNT) }, "Next");
  let first = 0;
  let asked = 0;

  const load = async () => {
    const number = ++asked;
    const query = `match=${encodeURIComponent(filter.value.trim())}&from=${first}&count=${COUNT}`;
    const list = await attempt(() => call("GET", `/api/operator/accounts?${query}`));
    if (!list || number !== asked) return;
    setText(from, `They are in ${list.place}.`);
    setText(obstacle, list.obstacle);
    add.disabled = Boolean(list.obstacle);
    back.disabled = first === 0;
    forth.disabled = first + COUNT >= list.total;
    setText(count, list.total === 0 ? "0" : `${first + 1}–${first + list.accounts.length} of ${list.total}`);
    fill(body, list.accounts.length === 0 ? h("tr", {}, h("td", { colspan: 5 }, "There are none."))
      : list.accounts.map((one) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `#account/${one.key}` }, one.name)),
        h("td", {}, one.isReadOnly ? "read" : "read and write"), h("td", { class: "path" }, one.home),
        h("td", {}, one.groups.join(", ")),
        h("td", {}, [!one.isEnabled && "disabled", one.isLocked && "password locked",
          one.hasSecondFactor && "second factor"].filter(Boolean).join(", ")))));
  };
  const turn = (step) => {
    first = Math.max(0, first + step);
    load();
  };
  const create = async () => {
    const made = await newUser();
    if (made) location.hash = `#account/${made}`;
  };
  let timer;
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    first = 0;
    timer = setTimeout(load, 200);
  });
  fill(place, from, obstacle,
    h("div", { class: "toolbar" }, add, h("label", { for: "account-filter" }, "Filter"), filter, count, back, forth),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Accounts" },
      h("table", { class: "accounts" }, h("thead", {}, h("tr", {}, ["User", "May", "Home", "Groups", "Besides"]
        .map((name) => h("th", { scope: "col" }, name)))), body)));
  load();
}

/** Asks for a new user; gives the key of the one that was made. */
async function newUser() {
  const answer = await ask("New user", {
    fields: [
      { name: "name", label: "Name", required: true },
      { name: "password", label: "Password", type: "password", hint: "Empty: nobody can log in with one until it is set." },
      { name: "home", label: "Home", hint: "A directory of the server, from / on. A group can give it." },
      { name: "groups", label: "Groups", hint: "Names with ; between them." },
      { name: "access", label: "May", options: [["rw", "read and write"], ["ro", "read"]], value: "rw" },
    ],
    confirm: "Add",
  });
  if (!answer) return null;
  const set = { access: answer.access };
  for (const name of ["home", "groups"]) if (answer[name].trim()) set[name] = answer[name].trim();
  const key = encodeURIComponent(answer.name);
  const done = await attempt(() =>
    call("POST", "/api/operator/account", { key, act: "add", password: answer.password, set }));
  if (!done) return null;
  tell(`${answer.name} was added.`, done);
  return key;
}

/** What weftpd says of a change. */
export function tell(text, answer) { toast([text, ...answer.lines].join(" ")); }
