// The sessions as the stream tells them, with rates worked out from their bytes.

import { listen } from "./api.js";

/** Keeps the rows and calls `changed` after each event. */
export function follow(signal, changed, problem) {
  const rows = new Map();
  listen("/api/operator/sessions", {
    // A new stream tells everything again.
    open: () => { rows.clear(); },
    sessions: (event) => {
      const now = performance.now();
      for (const id of event.gone) rows.delete(id);
      for (const row of event.changed) {
        const old = rows.get(row.id);
        if (row.transfer) {
          const same = old?.transfer && old.transfer.path === row.transfer.path && old.transfer.verb === row.transfer.verb
            && old.transfer.bytes <= row.transfer.bytes;
          row.rates = same ? old.rates : [];
          if (same) {
            const speed = ((row.transfer.bytes - old.transfer.bytes) * 1000) / Math.max(200, now - old.at);
            row.rates = [...row.rates.slice(-29), speed];
          }
          row.at = now;
        }
        rows.set(row.id, row);
      }
      // What did not change did not move.
      const moved = new Set(event.changed.map((row) => row.id));
      for (const row of rows.values()) {
        if (row.transfer && !moved.has(row.id)) {
          row.rates = [...(row.rates ?? []).slice(-29), 0];
          row.at = now;
        }
      }
      problem("");
      changed(rows);
    },
    trouble: problem,
    error: () => problem("The console does not answer."),
  }, signal);
  return rows;
}
