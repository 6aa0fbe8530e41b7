// What operators do to sessions, asked for and confirmed.

import { attempt, call } from "./api.js";
import { ask, toast } from "./dom.js";

/** An address without its port: 192.0.2.1:50000, [2001:db8::1]:50000. */
export function addressOf(peer) {
  const end = peer.lastIndexOf(":");
  return peer.slice(0, end).replace(/^\[|\]$/g, "");
}

export async function kick(row) {
  const answer = await ask(`End session ${row.id}?`, {
    text: `${row.user || "Nobody yet"} from ${row.peer}. A transfer is broken off.`,
    fields: [{ name: "words", label: "What the client is told", hint: "Empty: weftpd's own words." }],
    confirm: "End it", danger: true,
  });
  if (!answer) return;
  const done = await attempt(() => call("POST", "/api/operator/kick", { session: row.id, words: answer.words }));
  if (done) toast(`Session ${row.id} was ended.`);
}

export async function kickUser(name, userKey) {
  const answer = await ask(`End all sessions of ${name}?`, {
    fields: [{ name: "words", label: "What the clients are told" }], confirm: "End them", danger: true,
  });
  if (!answer) return;
  const done = await attempt(() => call("POST", "/api/operator/kick", { userKey, words: answer.words }));
  if (done) toast(`${done.count} ${done.count === 1 ? "session was" : "sessions were"} ended.`);
}

/** Asks for words, and has clients read them with one of their next replies. */
async function say(title, text, who) {
  const answer = await ask(title, {
    text: `${text} FTP has no other way: people who look at the replies read it, programs pass over it.`,
    fields: [{ name: "words", label: "What is to be read", required: true }], confirm: "Send",
  });
  if (!answer) return;
  let count = 0;
  for (const target of who) {
    const done = await attempt(() => call("POST", "/api/operator/say", { ...target, words: answer.words }));
    if (!done) return;
    count += done.count;
  }
  toast(`${count} ${count === 1 ? "session is" : "sessions are"} told.`);
}

export const saySession = (row) => say(`Message to session ${row.id}`,
  `${row.user || "Nobody yet"} from ${row.peer} is told with the next reply that can carry it.`, [{ session: row.id }]);

export const sayUser = (name, userKey) => say(`Message to ${name}`,
  "Every session of the user is told with its next reply that can carry it.", [{ userKey }]);

export const sayAll = () => say("Message to all", "Every session is told with its next reply that can carry it.",
  [{ address: "0.0.0.0/0" }, { address: "::/0" }]);

const TIMES = [["3600", "an hour"], ["86400", "a day"], ["604800", "a week"], ["0", "until it is lifted"]];

/** Asks for a ban and makes it; gives whether it was made. */
export async function ban(subject = "") {
  const answer = await ask("Ban", {
    text: "Sessions of the banned end, and new ones are refused.",
    fields: [
      { name: "subject", label: "Address, network or user", value: subject, required: true,
        hint: "192.0.2.1, 2001:db8::/64 or user:alice" },
      { name: "seconds", label: "For", options: TIMES, value: "3600" },
      { name: "reason", label: "Why" },
    ],
    confirm: "Ban", danger: true,
  });
  if (!answer) return false;
  const done = await attempt(async () => {
    await call("POST", "/api/operator/ban",
      { subject: answer.subject.trim(), seconds: Number(answer.seconds), reason: answer.reason });
    return true;
  });
  if (done) toast(`${answer.subject} is banned.`);
  return Boolean(done);
}
