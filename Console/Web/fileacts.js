// What is done to files and folders of the list: each act asks what it has to, and tells what was refused.

import { attempt, call } from "./api.js";
import { ask, h, toast } from "./dom.js";
import { join } from "./paths.js";
import { preview } from "./preview.js";

/**
 * The acts of a list.
 * path: the directory; selected: the entries that are chosen; forget: chooses none; reload: looks again; focus: back to the list.
 */
export function fileActs({ path, selected, forget, reload, focus }) {
  const open = (entry) => {
    if (!entry) return;
    if (entry.kind === "directory") location.hash = `#files${join(path(), entry.raw)}`;
    else preview(join(path(), entry.raw), entry);
  };
  const fetchTo = (url, name) => {
    const link = h("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  };
  const download = () => {
    for (const entry of selected()) fetchTo(`/api/files${join(path(), entry.raw)}`, entry.name);
  };
  const zip = () => {
    const [entry] = selected();
    const target = entry ? join(path(), entry.raw) : path();
    fetchTo(`/api/zip${target}`, `${entry?.name ?? "files"}.zip`);
  };
  const change = async (target, act) => (await attempt(async () => {
    await call("POST", `/api/files${target}`, act);
    return true;
  })) ?? false;
  const makeDirectory = async () => {
    const answer = await ask("New folder", { fields: [{ name: "name", label: "Name", required: true }], confirm: "Make it" });
    if (!answer) return;
    if (await change(join(path(), encodeURIComponent(answer.name)), { act: "mkdir" })) toast(`${answer.name} was made.`);
    await reload();
    focus();
  };
  const rename = async () => {
    const [entry] = selected();
    if (!entry) return;
    const answer = await ask(`Rename ${entry.name}`, {
      fields: [{ name: "name", label: "New name", value: entry.name, required: true }], confirm: "Rename",
    });
    if (!answer || answer.name === entry.name) return;
    await change(join(path(), entry.raw), { act: "rename", to: join(path(), encodeURIComponent(answer.name)) });
    await reload();
    focus();
  };
  const remove = async () => {
    const list = selected();
    if (list.length === 0) return;
    const folders = list.filter((entry) => entry.kind === "directory").length;
    const what = list.length === 1 ? list[0].name : `${list.length} entries`;
    const answer = await ask(`Delete ${what}?`, {
      text: folders > 0 ? "Folders go with everything in them. This cannot be taken back." : "This cannot be taken back.",
      typed: folders > 0 ? "delete" : undefined, confirm: "Delete", danger: true,
    });
    if (!answer) return;
    for (const entry of list) {
      const act = entry.kind === "directory" ? "remove-tree" : "delete";
      if (!(await change(join(path(), entry.raw), { act }))) break;
    }
    forget();
    await reload();
    focus();
  };
  const digest = async () => {
    const [entry] = selected();
    const answer = await attempt(() => call("GET", `/api/hash${join(path(), entry.raw)}`));
    if (answer) await ask(`Digest of ${entry.name}`, { text: `${answer.algorithm}: ${answer.digest}`, confirm: "Close" });
  };
  return { open, download, zip, makeDirectory, rename, remove, digest };
}
