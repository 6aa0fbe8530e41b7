// The queue of uploads: two at a time, with progress, rate, cancel and resume, also when the page was loaded anew.

import { attempt, call, getToken, Refused } from "./api.js";
import { ask, h, setText, toast } from "./dom.js";
import { bytes, duration, rate } from "./format.js";
import { forget, keep, remembered } from "./memory.js";
import { join } from "./paths.js";

const AT_ONCE = 2;

export class Transfers {
  constructor(arrived) {
    this.arrived = arrived;
    this.items = [];
    this.list = h("ul", { class: "transfers" });
    this.element = h("section", { class: "queue", "aria-label": "Uploads", hidden: true }, h("h2", {}, "Uploads",
      h("button", { type: "button", onclick: () => this.tidy() }, "Clear what is done")), this.list);
    // What the page keeps going while another one of its parts is shown.
    for (const item of running) this.place(item);
    for (const entry of remembered()) {
      if (this.items.some((item) => item.target === entry.path)) continue;
      this.make(null, entry.path, entry, "interrupted");
    }
    subscribers.arrived = (directory) => this.arrived(directory);
  }

  /** Takes files for a directory; its path is percent-encoded. */
  async add(files, directory) {
    for (const file of files) await this.addOne(file, directory);
    next();
  }

  async addOne(file, directory) {
    const target = join(directory, encodeURIComponent(file.name));
    const waiting = this.items.find((item) =>
      item.target === target && ["interrupted", "cancelled", "failed"].includes(item.state));
    if (waiting) {
      const isSame = waiting.size === file.size && waiting.modified === file.lastModified;
      if (isSame) {
        waiting.file = file;
        return resume(waiting);
      }
      waiting.row.remove();
      this.items.splice(this.items.indexOf(waiting), 1);
      forget(waiting);
    }
    this.make(file, target, { name: file.name, size: file.size, modified: file.lastModified }, "waiting");
  }

  make(file, target, { name, size, modified }, state) {
    const item = { file, target, name, size, modified, state, sent: 0, from: 0, replaces: false };
    running.push(item);
    this.place(item);
    return item;
  }

  place(item) {
    if (!item.row) build(item);
    this.items.push(item);
    this.list.append(item.row);
    this.element.hidden = false;
    draw(item);
  }

  tidy() {
    for (const item of [...this.items]) {
      if (item.state === "sending" || item.state === "waiting") continue;
      forget(item);
      item.row.remove();
      running.splice(running.indexOf(item), 1);
      this.items.splice(this.items.indexOf(item), 1);
    }
    this.element.hidden = this.items.length === 0;
  }

  /** Dropped files and folders; folders are made on the server. */
  async drop(data, directory) {
    const roots = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (roots.length === 0) return this.add([...data.files], directory);
    for (const root of roots) await this.take(root, directory);
    this.arrived(directory);
  }

  async take(entry, directory) {
    if (entry.isFile) {
      const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
      return this.add([file], directory);
    }
    const target = join(directory, encodeURIComponent(entry.name));
    try { await call("POST", `/api/files${target}`, { act: "mkdir" }); } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Most often it is there already; the files in it tell otherwise.
    }
    const reader = entry.createReader();
    for (;;) {
      const inner = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (inner.length === 0) return;
      for (const one of inner) await this.take(one, target);
    }
  }
}

// One queue for the page, whichever of its parts is shown.
const running = [];
const subscribers = { arrived: () => {} };

const WORDS = {
  waiting: "waits", sending: "", done: "done", cancelled: "cancelled", failed: "failed",
  interrupted: "interrupted: choose the same file again to go on",
};

function build(item) {
  item.bar = h("progress", { max: Math.max(1, item.size), value: 0, "aria-label": `Progress of ${item.name}` });
  item.text = h("span", { class: "text" });
  item.act = h("button", { type: "button", onclick: () => {
    if (item.state === "sending" || item.state === "waiting") cancel(item);
    else if (item.file) resume(item);
    else discard(item);
  } });
  item.row = h("li", { "data-name": item.name }, h("span", { class: "name" }, item.name), item.bar, item.text, item.act);
}

function draw(item) {
  item.row.dataset.state = item.state;
  item.bar.value = item.state === "done" ? Math.max(1, item.size) : item.sent;
  let text = WORDS[item.state];
  if (item.state === "sending") {
    const seconds = (performance.now() - item.began) / 1000;
    const speed = seconds > 0.5 ? (item.sent - item.from) / seconds : 0;
    const left = speed > 0 ? duration((item.size - item.sent) / speed) : "";
    text = `${bytes(item.sent)} of ${bytes(item.size)} ${rate(speed)} ${left}`;
  } else if (item.problem && item.state === "failed") {
    text = item.problem;
  } else if (item.state === "done") {
    text = `done, ${bytes(item.size)}`;
  }
  setText(item.text, text.trim());
  const label = item.state === "sending" || item.state === "waiting" ? "Cancel" : item.file ? "Resume" : "Give up";
  setText(item.act, label);
  item.act.setAttribute("aria-label", `${label} ${item.name}`);
  item.act.hidden = item.state === "done";
}

function next() {
  let busy = running.filter((item) => item.state === "sending").length;
  for (const item of running) {
    if (busy >= AT_ONCE) return;
    if (item.state !== "waiting") continue;
    busy += 1;
    send(item);
  }
}

async function send(item) {
  item.state = "sending";
  item.request = null;
  item.problem = "";
  draw(item);
  if (item.from === 0 && !item.replaces) {
    // Asked first: a browser sends all of a file before it hears that it was refused.
    const there = await call("GET", `/api/partial${item.target}`).catch(() => null);
    if (item.state !== "sending") return next();
    if (there?.isThere) return askReplace(item);
  }
  item.sent = item.from;
  item.began = performance.now();
  keep(item);
  const request = new XMLHttpRequest();
  item.request = request;
  request.open("PUT", `/api/files${item.target}${item.replaces ? "?replace" : ""}`);
  request.setRequestHeader("X-Weft-Token", getToken());
  if (item.from > 0) request.setRequestHeader("Content-Range", `bytes ${item.from}-${item.size - 1}/${item.size}`);
  request.upload.onprogress = (event) => {
    item.sent = item.from + event.loaded;
    draw(item);
  };
  request.onload = () => {
    if (request.status === 201) {
      item.tries = 0;
      item.state = "done";
      item.sent = item.size;
      forget(item);
      draw(item);
      subscribers.arrived(item.target.slice(0, item.target.lastIndexOf("/")) || "/");
    } else {
      finish(item, request);
    }
    next();
  };
  request.onerror = () => {
    item.state = "failed";
    item.problem = "The connection broke.";
    draw(item);
    next();
  };
  request.onabort = () => {
    item.state = "cancelled";
    draw(item);
    next();
  };
  draw(item);
  request.send(item.from > 0 ? item.file.slice(item.from) : item.file);
}

async function finish(item, request) {
  let words = `The console answered ${request.status}.`;
  try { words = JSON.parse(request.responseText).error; } catch { /* the status says enough */ }
  // The session of before may still be putting away what came.
  if (request.status === 409 && item.from > 0 && words.startsWith("450") && (item.tries ?? 0) < 10) {
    item.tries = (item.tries ?? 0) + 1;
    item.state = "waiting";
    draw(item);
    await new Promise((done) => setTimeout(done, 300 * item.tries));
    if (item.state === "waiting") await resume(item);
    return;
  }
  item.state = "failed";
  item.problem = words;
  draw(item);
  if (request.status === 401) window.dispatchEvent(new Event("loggedout"));
  if (request.status === 412 && !item.replaces) await askReplace(item);
}

async function askReplace(item) {
  item.state = "failed";
  item.problem = "There is a file of that name.";
  draw(item);
  const answer = await ask(`Replace ${item.name}?`, {
    text: "There is a file of that name. It is replaced only when the new one is whole.", confirm: "Replace", danger: true,
  });
  if (!answer) {
    forget(item);
    return next();
  }
  item.replaces = true;
  item.state = "waiting";
  next();
}

function cancel(item) {
  if (item.state === "waiting") {
    item.state = "cancelled";
    return draw(item);
  }
  if (item.request) return item.request.abort();
  item.state = "cancelled";
  draw(item);
}

/** Goes on where the server's part of the file ends. */
async function resume(item) {
  item.state = "waiting";
  draw(item);
  for (let tries = 0; ; tries += 1) {
    try {
      const kept = await call("GET", `/api/partial${item.target}`);
      item.from = kept.bytes < item.size ? kept.bytes : 0;
      break;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // Just after a break the server may still be putting the part away.
      if (tries < 10 && error.status === 409) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        continue;
      }
      item.state = "failed";
      item.problem = error.message;
      return draw(item);
    }
  }
  if (item.from > 0) toast(`${item.name} goes on at ${bytes(item.from)}.`);
  next();
}

/** An upload of an earlier visit that nobody wants any more; what the server has kept goes. */
async function discard(item) {
  await attempt(async () => {
    const kept = await call("GET", `/api/partial${item.target}`);
    if (kept.bytes > 0 && !kept.isThere) await call("POST", `/api/files${item.target}`, { act: "delete" });
  });
  forget(item);
  item.row.remove();
  running.splice(running.indexOf(item), 1);
}

window.addEventListener("beforeunload", (event) => {
  if (running.some((item) => item.state === "sending")) event.preventDefault();
});
