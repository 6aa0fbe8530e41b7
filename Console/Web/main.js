// Which page is shown: the login, or what stands behind # in the address.

import { attempt, call, setToken } from "./api.js";
import { fill, h, toast } from "./dom.js";
import { loginPage } from "./login.js";

const PAGES = {
  overview: { title: "Overview", operator: true, load: () => import("./overview.js") },
  sessions: { title: "Sessions", operator: true, load: () => import("./sessions.js") },
  session: { title: "Session", operator: true, hidden: true, load: () => import("./session.js") },
  users: { title: "Users", operator: true, load: () => import("./users.js") },
  account: { title: "User", operator: true, hidden: true, load: () => import("./account.js") },
  bans: { title: "Bans", operator: true, load: () => import("./bans.js") },
  log: { title: "Log", operator: true, load: () => import("./log.js") },
  settings: { title: "Settings", operator: true, load: () => import("./settings.js") },
  server: { title: "Server", operator: true, load: () => import("./server.js") },
  files: { title: "Files", files: true, load: () => import("./files.js") },
};

let me = null;
let closing = new AbortController();

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const who = document.getElementById("who");

function allowed(page) { return page && (page.operator ? me.isOperator : me.hasFiles); }

function showNavigation(current) {
  const list = h("ul", {});
  if (me) {
    for (const [name, page] of Object.entries(PAGES)) {
      if (page.hidden || !allowed(page)) continue;
      const isCurrent = name === current || name === { session: "sessions", account: "users" }[current];
      list.append(h("li", {}, h("a", { href: `#${name}`, "aria-current": isCurrent ? "page" : null }, page.title)));
    }
  }
  fill(nav, list);
  fill(who, me && [h("span", { class: "name" }, me.who), h("button", { type: "button", onclick: logOut }, "Log out")]);
}

async function logOut() {
  await attempt(() => call("POST", "/api/logout"));
  me = null;
  setToken("");
  // What this login was told is nothing to the next one.
  document.getElementById("toasts").replaceChildren();
  location.hash = "";
  show();
}

function enter(answer) {
  me = answer.who ? answer : null;
  setToken(answer.token);
}

async function show() {
  closing.abort();
  closing = new AbortController();
  const signal = closing.signal;
  if (!me) {
    document.title = "Log in – weftpd";
    showNavigation("");
    loginPage(main, async (answer) => {
      enter(answer);
      if (!location.hash || location.hash.startsWith("#link=")) history.replaceState(null, "", "/");
      await show();
      main.focus();
    });
    return;
  }
  const [name, ...rest] = location.hash.slice(1).split("/");
  let chosen = name;
  if (!allowed(PAGES[chosen])) chosen = me.isOperator ? "overview" : me.hasFiles ? "files" : "";
  showNavigation(chosen);
  const page = PAGES[chosen];
  if (!page) {
    fill(main, h("h1", {}, "Nothing to show"), h("p", {}, "This login may see neither files nor the server."));
    return;
  }
  document.title = `${page.title} – weftpd`;
  const module = await page.load();
  if (signal.aborted) return;
  main.replaceChildren();
  main.className = `page-${chosen}`;
  module.show(main, { me, signal, argument: rest.join("/") });
}

window.addEventListener("hashchange", async () => {
  if (location.hash.startsWith("#link=")) return begin();
  await show();
});

window.addEventListener("loggedout", () => {
  if (!me) return;
  me = null;
  setToken("");
  toast("The login has ended.", true);
  show();
});

/** A one-time link is used at once and leaves the address bar; otherwise the cookie tells who it is. */
async function begin() {
  if (location.hash.startsWith("#link=")) {
    const link = location.hash.slice(6);
    history.replaceState(null, "", "/");
    const answer = await attempt(() => call("POST", "/api/login", { link }));
    if (answer) {
      enter(answer);
      return show();
    }
  }
  enter((await attempt(() => call("GET", "/api/me"))) ?? {});
  await show();
}

begin();
