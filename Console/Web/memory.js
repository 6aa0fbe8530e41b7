// Which uploads were under way when the page was left.

const STORE = "weft-uploads";

/** What was under way when the page was left: [{path, name, size, modified}]. Files themselves cannot be kept by a page. */
export function remembered() {
  try { return JSON.parse(localStorage.getItem(STORE) ?? "[]"); } catch { return []; }
}

function remember(list) { localStorage.setItem(STORE, JSON.stringify(list.slice(-100))); }

/** Remembers an upload until it is done. */
export function keep(item) {
  remember([...remembered().filter((entry) => entry.path !== item.target),
    { path: item.target, name: item.name, size: item.size, modified: item.modified }]);
}

export function forget(item) { remember(remembered().filter((entry) => entry.path !== item.target)); }
