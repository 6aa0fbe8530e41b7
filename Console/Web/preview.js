// Shows a file without fetching more of it than is looked at.

import { fill, h } from "./dom.js";
import { bytes } from "./format.js";

const IMAGE = /\.(png|jpe?g|gif|webp|avif|bmp|ico)$/i;
const AUDIO = /\.(mp3|og[ga]|opus|flac|wav|m4a|aac)$/i;
const VIDEO = /\.(mp4|m4v|webm|ogv)$/i;
const PDF = /\.pdf$/i;
const TEXT_LIMIT = 512 * 1024;

export async function preview(path, entry) {
  const url = `/api/files${path}`;
  const place = h("div", { class: "preview" }, "…");
  const dialog = h("dialog", { class: "wide", "aria-labelledby": "preview-title" },
    h("h2", { id: "preview-title" }, entry.name), place,
    h("div", { class: "buttons" },
      h("a", { class: "button", href: url, download: entry.name }, "Download"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  const broken = () => fill(place, "This cannot be shown.");
  if (IMAGE.test(entry.name)) {
    fill(place, h("img", { src: `${url}?inline`, alt: entry.name, onerror: broken }));
  } else if (AUDIO.test(entry.name)) {
    fill(place, h("audio", { src: `${url}?inline`, controls: true, onerror: broken }));
  } else if (VIDEO.test(entry.name)) {
    fill(place, h("video", { src: `${url}?inline`, controls: true, onerror: broken }));
  } else if (PDF.test(entry.name)) {
    // The document comes sandboxed (its answer says so). Without a viewer the browser offers to save it.
    fill(place, h("iframe", { src: `${url}?inline`, title: entry.name }));
  } else {
    await text(url, entry, place);
  }
}

async function text(url, entry, place) {
  const headers = entry.size > TEXT_LIMIT ? { Range: `bytes=0-${TEXT_LIMIT - 1}` } : {};
  const response = await fetch(`${url}?inline&text`, { headers });
  if (!response.ok) {
    fill(place, (await response.json().catch(() => null))?.error ?? "This cannot be shown.");
    return;
  }
  const data = new Uint8Array(await response.arrayBuffer());
  if (data.subarray(0, 8192).includes(0)) {
    fill(place, `This is not text. ${bytes(entry.size)}`);
    return;
  }
  fill(place, h("pre", { tabindex: "0" }, new TextDecoder().decode(data)),
    entry.size > TEXT_LIMIT && h("p", {}, `The first ${bytes(TEXT_LIMIT)} of ${bytes(entry.size)}.`));
}
