// The settings of hooks: who is told of events, and what waits for whom.

import Hooks

extension SettingsTable {
  static let hooks: [Setting] = [
    Setting(
      "hooks.program", .words, \.hooks.program, needsRestart: true,
      """
      A program and its arguments, which is run for each event with the record (one JSON object) on its standard input. No \
      shell is involved. Exit code 0 means taken, 65 never to be sent again; after anything else it is tried again.
      """),
    Setting(
      "hooks.url", .optional("URL", "a URL that begins with https://"), \.hooks.url, needsRestart: true,
      "Where the record of each event is posted to. The certificate must be right; redirects are not followed."),
    Setting(
      "hooks.ca-file", .optional("path", "the path of a PEM file"), \.hooks.authorities, needsRestart: true,
      "The authorities that vouch for the server of `hooks.url`, instead of the system's."),
    Setting(
      "hooks.events", .choices(HookEvent.self), \.hooks.events, needsRestart: true,
      "The events that are told."),
    Setting(
      "hooks.queue", .optional("path", "the path of a directory, such as /var/lib/weftpd/hooks"), \.hooks.queue,
      needsRestart: true,
      """
      The directory where records wait until they are delivered, also across restarts; made if it is missing. Needed for \
      `hooks.program` and `hooks.url`.
      """),
    Setting(
      "hooks.queue-size", .size(65_536...(1 << 40)), \.hooks.queueSize, unit: "bytes", needsRestart: true,
      "How much may wait there. Beyond that new records are lost, and the log tells how many."),
    Setting(
      "hooks.timeout", .duration(.milliseconds(1)...longest), \.hooks.timeout, unit: "seconds", needsRestart: true,
      "How long the program may run, or a request may take."),
    Setting(
      "hooks.retry-for", .duration(.zero...longest), \.hooks.retryFor, unit: "seconds", needsRestart: true,
      """
      How long a record that fails is tried again, at growing intervals up to 5 minutes, before it is given up. Those behind it \
      wait meanwhile.
      """),
  ]
}

extension ValueType where Value == [String] {
  /// A program and its arguments, none by default.
  static var words: Self {
    ValueType(
      name: "list of words", expected: "a program and its arguments, such as /usr/local/lib/weftpd/hook, --verbose",
      isList: true,
      parse: { (items: [String]) throws(Rejection) in
        for item in items {
          try refuseControls(item)
          if item.utf8.count > 4095 { throw Rejection("is longer than 4095 bytes") }
        }
        if let program = items.first, !program.hasPrefix("/") {
          throw Rejection("does not begin with the absolute path of a program")
        }
        return items
      }, show: { $0 })
  }
}

extension ValueType {
  /// Some of the cases of an enumeration, each once, in the enumeration's order.
  static func choices<Choice>(_ type: Choice.Type) -> Self
  where Value == [Choice], Choice: RawRepresentable & CaseIterable & Sendable & Equatable, Choice.RawValue == String {
    Self(
      name: "list of choices", expected: "some of " + Choice.allCases.map(\.rawValue).joined(separator: ", "),
      isList: true,
      parse: { (items: [String]) throws(Rejection) in
        var chosen: [Choice] = []
        for item in items {
          guard let choice = Choice(rawValue: item) else { throw Rejection("has \(item), which is not a valid choice") }
          if chosen.contains(choice) { throw Rejection("lists \(item) twice") }
          chosen.append(choice)
        }
        return Choice.allCases.filter { chosen.contains($0) }
      }, show: { $0.map(\.rawValue) })
  }
}
