// Writes the settings table out: the commented YAML file, the table of the documentation, the effective settings.

import SafeText

/// Documents made from ``SettingsTable``; a test holds the committed files to them.
public enum SettingsDocuments {
  /// `etc/weftpd.yaml`: every setting with its meaning and its default, commented out.
  public static func yaml() -> String {
    var text = """
      # The settings of weftpd. Before the first start, one edit: remove the "#" in front of the next line. The users of this
      # file may then log in; "weftpd user add alice --table /etc/weftpd/users --home /srv/ftp" makes it.
      \(firstEdit)
      #
      # Below, every setting is shown with its default, commented out with "#" and no blank. To change one, remove the "#".
      # "weftpd check --config FILE" reports all mistakes at once.
      #
      # Stronger than this file are environment variables (WEFTPD_PASSIVE_PORTS for passive.ports), then
      # "--set passive.ports=50000-50100", then options such as --listen. SIGHUP reads this file again.
      #
      # Durations are in seconds or have a unit: 500ms, 30s, 15m, 2h, 1d. Sizes are in bytes or have a unit: 4KiB, 1MiB.

      """
    var section: String?
    for row in SettingsTable.rows {
      text += "\n"
      if row.section != section, let name = row.section { text += "\(name):\n" }
      section = row.section
      let indent = section == nil ? "" : "  "
      let restart = row.needsRestart ? " A change needs a restart." : ""
      let paragraph = "\(row.meaning) Expects \(row.expected).\(restart)"
      text += wrapped(paragraph, width: 118 - indent.count).map { "\(indent)# \($0)\n" }.joined()
      if let value = shipped[row.key] {
        text += "\(indent)\(lastPart(row.key)): \(value)\n"
      } else {
        text += "\(indent)#\(lastPart(row.key)): \(yamlValue(row.defaultItems, of: row))\n"
      }
      if row.key == "hosts.names" { text += hostExample }
    }
    return text
  }

  /// The one line without which nobody could log in. Commented out, because the file it names is not there yet.
  static let firstEdit = "#accounts.table: /etc/weftpd/users"

  /// What the file sets, because `make install` makes the user: started by root, weftpd refuses to stay root.
  static let shipped = ["server.user": "weftpd"]

  /// What each host may have, told and not set: there is no host to set it for.
  private static var hostExample: String {
    let intro = "The settings of a host go below its name:"
    let lines = SettingsTable.hostRows("NAME").flatMap { row in
      let field = row.key.dropFirst("hosts.NAME.".count)
      return wrapped("  \(field): \(row.meaning) Expects \(row.expected).", width: 110)
        .enumerated().map { ($0.offset == 0 ? "    " : "      ") + $0.element }
    }
    return ([intro, "  ftp.example.org:"] + lines).map { "  # \($0)\n" }.joined()
  }

  /// The table of `docs/configuration.md`.
  public static func markdown() -> String {
    var text = "| key | type | default | unit | meaning |\n|---|---|---|---|---|\n"
    for row in SettingsTable.rows.flatMap({ $0.key == "hosts.names" ? [$0] + SettingsTable.hostRows("NAME") : [$0] }) {
      let standard = row.defaultItems.isEmpty ? "not set" : "`\(row.defaultItems.joined(separator: ", "))`"
      let restart = row.needsRestart ? " A change needs a restart." : ""
      let meaning = "\(row.meaning) Expects \(row.expected).\(restart)"
      let cells = ["`\(row.key)`", row.typeName, standard, row.unit, meaning]
      text += "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return text
  }

  /// The settings in force and where each came from, as YAML that weftpd would read again.
  ///
  /// - Parameter all: also those nobody has set.
  public static func effective(_ loaded: LoadedSettings, all: Bool = true) -> String {
    let rows = SettingsTable.rows(of: loaded.settings)
    let shown = all ? rows : rows.filter { loaded.origin($0.key) != .standard }
    let lines = shown.map { row in
      ("\(row.key): \(yamlValue(row.show(loaded.settings), of: row))", "# \(loaded.origin(row.key))")
    }
    // One column for the sources, unless a value is so long that it would push them off the screen.
    let width = lines.map(\.0.count).filter { $0 <= 60 }.max() ?? 0
    return lines.map { $0.0 + String(repeating: " ", count: max(0, width - $0.0.count)) + "  " + $0.1 + "\n" }.joined()
  }

  private static func lastPart(_ key: String) -> Substring {
    key.firstIndex(of: ".").map { key[key.index(after: $0)...] } ?? key[...]
  }

  private static func yamlValue(_ items: [String], of row: Setting) -> String {
    if row.isList { return "[" + items.map(quoted).joined(separator: ", ") + "]" }
    guard let text = items.first else { return "\"\"" }
    let isHarmless = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || " ._/-".utf8.contains(byte)
    }
    let beginsWell = text.first.map { $0.isLetter || $0.isNumber || $0 == "/" } == true
    let isPlain = isHarmless && beginsWell && text.last != " " && text.lowercased() != "null"
    // Double quotes of YAML take the escapes of JSON.
    var line = SafeLine()
    line.appendJSON(Array(text.utf8))
    return isPlain ? text : String(decoding: line.bytes, as: UTF8.self)
  }

  private static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
