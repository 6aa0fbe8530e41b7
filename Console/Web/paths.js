// Paths of the server, percent-encoded.

/** The path of a name in a directory; both percent-encoded. */
export function join(directory, name) { return directory === "/" ? `/${name}` : `${directory}/${name}`; }

/** The directory a path is in. */
export function parentOf(path) { return path.slice(0, path.lastIndexOf("/")) || "/"; }

/** A percent-encoded name for people: bytes that are not UTF-8 become U+FFFD. */
export function shown(encoded) {
  const raw = encoded.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  return new TextDecoder().decode(Uint8Array.from(raw, (letter) => letter.charCodeAt(0)));
}
