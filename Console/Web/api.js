// Talks to the console: requests with the page's token, and streams of events that end with their page.

import { toast } from "./dom.js";

let token = "";

export function setToken(value) { token = value ?? ""; }
export function getToken() { return token; }

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Sends a request and gives what it answers as JSON; throws Refused with the server's words. */
export async function call(method, path, body) {
  const headers = {};
  if (method !== "GET") headers["X-Weft-Token"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
    });
  } catch {
    throw new Refused(0, "The console does not answer.");
  }
  const text = await response.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* not JSON: the status says enough */ }
  if (!response.ok) {
    if (response.status === 401 && path !== "/api/me") window.dispatchEvent(new Event("loggedout"));
    throw new Refused(response.status, value?.error ?? `The console answered ${response.status}.`);
  }
  return value;
}

/** Does something and tells the user if it was refused; gives undefined then. */
export async function attempt(body) {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, true);
    return undefined;
  }
}

/**
 * Listens to a stream until the signal says that its page is gone.
 * handlers: name of event -> function of its data.
 */
export function listen(path, handlers, signal) {
  const source = new EventSource(path);
  for (const [name, handler] of Object.entries(handlers)) {
    if (name === "open" || name === "error") continue;
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
  source.onopen = () => handlers.open?.();
  source.onerror = () => {
    handlers.error?.();
    // Closed for good: most often the login has ended.
    if (source.readyState === EventSource.CLOSED) void call("GET", "/api/me").then((me) => {
      if (!me.who) window.dispatchEvent(new Event("loggedout"));
    }, () => {});
  };
  signal.addEventListener("abort", () => source.close());
  return source;
}
