// Graphs as SVG: lines over time, and areas that stand on each other.

import { fill, h, svg } from "./dom.js";
import { clock } from "./format.js";

const HEIGHT = 160;
const LEFT = 62;
const BOTTOM = 20;

/** The next of 1, 2, 5, 10, 20 … (times 1024 where bytes are counted) that is not less. */
function ceiling(value, base) {
  let unit = base === 1024 ? 1024 : 1;
  while (base === 1024 && value / unit >= 1024) unit *= 1024;
  const scaled = Math.max(value / unit, base === 1024 ? 1 : 4);
  let step = 1;
  for (;;) {
    for (const factor of [1, 2, 5]) if (scaled <= factor * step) return factor * step * unit;
    step *= 10;
  }
}

/**
 * A graph of series: [{name, class, points: [[milliseconds, value], …]}], one class of the style sheet each.
 * stacked: the series are areas on top of each other and have the same times.
 */
export function chart(place, { label, series, format, base = 1000, from, to, stacked = false }) {
  const WIDTH = Math.max(280, Math.round(place.clientWidth));
  const times = series.flatMap((one) => one.points.map((point) => point[0]));
  const first = from ?? Math.min(...times);
  const last = to ?? Math.max(...times);
  let tops = series.map((one) => one.points.map((point) => point[1]));
  if (stacked) {
    const sums = [];
    tops = tops.map((values) => values.map((value, index) => (sums[index] = (sums[index] ?? 0) + value)));
  }
  const top = ceiling(Math.max(0, ...tops.flat()), base);
  const x = (time) => LEFT + ((time - first) / Math.max(1, last - first)) * (WIDTH - LEFT - 6);
  const y = (value) => 6 + (1 - value / top) * (HEIGHT - BOTTOM - 6);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": label });
  for (const part of [0, 0.5, 1]) {
    drawing.append(
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 6, y1: y(top * part), y2: y(top * part) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(top * part) + 4, "text-anchor": "end" }, format(top * part)));
  }
  drawing.append(
    svg("text", { class: "tick", x: LEFT, y: HEIGHT - 4 }, Number.isFinite(first) ? clock(first) : ""),
    svg("text", { class: "tick", x: WIDTH - 6, y: HEIGHT - 4, "text-anchor": "end" },
      Number.isFinite(last) ? clock(last) : ""));
  series.forEach((one, index) => {
    if (one.points.length === 0) return;
    const upper = one.points.map((point, at) => `${x(point[0]).toFixed(1)},${y(tops[index][at]).toFixed(1)}`);
    if (stacked) {
      const lower = one.points.map((point, at) =>
        `${x(point[0]).toFixed(1)},${y(index > 0 ? tops[index - 1][at] ?? 0 : 0).toFixed(1)}`).reverse();
      drawing.append(svg("polygon", { class: `area ${one.class}`, points: [...upper, ...lower].join(" ") }));
    } else {
      drawing.append(svg("polyline", { class: `line ${one.class}`, points: upper.join(" ") }));
    }
  });
  fill(place, drawing, h("ul", { class: "legend" },
    series.map((one) => h("li", {}, h("span", { class: `swatch ${one.class}` }), one.name))));
}

/** A line without axes, as wide as a word. */
export function sparkline(values) {
  const top = Math.max(1, ...values);
  const points = values.map((value, index) =>
    `${((index / Math.max(1, values.length - 1)) * 60).toFixed(1)},${(17 - (value / top) * 15).toFixed(1)}`);
  return svg("svg", { viewBox: "0 0 60 18", class: "spark", "aria-hidden": "true" },
    svg("polyline", { class: "line down", points: points.join(" ") }));
}
