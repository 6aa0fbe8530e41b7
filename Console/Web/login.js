// The login of a user of weftpd. Operators without one come by the one-time link of `weftpd-console link`.

import { call, Refused } from "./api.js";
import { fill, h } from "./dom.js";

export function loginPage(main, entered) {
  const user = h("input", { id: "user", name: "user", autocomplete: "username", required: true, autocapitalize: "none",
    spellcheck: "false" });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password" });
  const code = h("input", { id: "code", name: "code", inputmode: "numeric", autocomplete: "one-time-code",
    pattern: "[0-9]{6,8}" });
  const error = h("p", { class: "problem", role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, "Log in");
  const form = h("form", { class: "login", onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    error.textContent = "";
    try {
      await entered(await call("POST", "/api/login",
        { user: user.value, password: password.value, code: code.value }));
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      error.textContent = problem.message;
      password.value = "";
      code.value = "";
      password.focus();
    } finally {
      button.disabled = false;
    }
  } },
    h("h1", {}, "Log in"),
    h("p", {}, "With your user and password of this FTP server."),
    h("div", { class: "field" }, h("label", { for: "user" }, "User"), user),
    h("div", { class: "field" }, h("label", { for: "password" }, "Password"), password),
    h("div", { class: "field" }, h("label", { for: "code" }, "Code of your authenticator"), code,
      h("small", {}, "Only if you have a second factor.")),
    error,
    h("div", { class: "buttons" }, button));
  main.className = "page-login";
  fill(main, form);
  user.focus();
}
