// The types a setting can have: how a value is read from text, shown again, and described to whoever got it wrong.

/// Why a text is not a value of its type, in words that follow the value: `"x" has a port above 65535`.
struct Rejection: Error, Equatable {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// How values of one type are read and shown.
struct ValueType<Value: Sendable & Equatable>: Sendable {
  /// One or two words, for the table in the documentation.
  let name: String
  /// What a value must look like, with its bounds; follows "expected".
  let expected: String
  /// A list takes any number of items, everything else exactly one.
  var isList = false
  /// Reads a value from its items (one, unless ``isList``).
  let parse: @Sendable ([String]) throws(Rejection) -> Value
  /// The items that ``parse`` reads back as the same value; none when the value is "not set".
  let show: @Sendable (Value) -> [String]

  /// A type whose value is one text.
  ///
  /// - Parameters:
  ///   - show: nil when the value is "not set".
  ///   - parse: reads the value from its text.
  static func single(
    _ name: String, _ expected: String, show: @escaping @Sendable (Value) -> String?,
    parse: @escaping @Sendable (String) throws(Rejection) -> Value
  ) -> Self {
    Self(
      name: name, expected: expected,
      parse: { (items: [String]) throws(Rejection) -> Value in
        guard items.count == 1, let item = items.first else { throw Rejection("is a list") }
        return try parse(item)
      }, show: { value in show(value).map { [$0] } ?? [] })
  }
}

extension ValueType where Value == Bool {
  static var flag: Self {
    single(
      "flag", "true or false", show: { $0 ? "true" : "false" },
      parse: { (text) throws(Rejection) in
        switch text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw Rejection("is neither true nor false")
        }
      })
  }
}

extension ValueType where Value == String {
  /// Text that fits on one line of a reply.
  static func line(limit: Int) -> Self {
    single(
      "text", "one line of 1 to \(limit) bytes", show: { $0 },
      parse: { (text) throws(Rejection) in
        try refuseControls(text)
        guard (1...limit).contains(text.utf8.count) else { throw Rejection("is out of range") }
        return text
      })
  }
}

extension ValueType where Value == String? {
  /// A path or a name that may be left out: the empty text is "not set".
  static func optional(_ name: String, _ expected: String) -> Self {
    single(
      name, expected, show: { $0 },
      parse: { (text) throws(Rejection) in
        try refuseControls(text)
        guard text.utf8.count <= 4095 else { throw Rejection("is longer than 4095 bytes") }
        return text.isEmpty ? nil : text
      })
  }
}

extension ValueType where Value: CaseIterable {
  /// One of the cases of an enumeration, each by its name.
  static func choice(_ name: @escaping @Sendable (Value) -> String) -> Self {
    let names = Value.allCases.map(name)
    return single(
      "choice", "one of " + names.joined(separator: ", "), show: name,
      parse: { (text) throws(Rejection) in
        guard let value = Value.allCases.first(where: { name($0) == text }) else {
          throw Rejection("is not a valid choice")
        }
        return value
      })
  }
}

extension ValueType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  static func choice() -> Self { choice { $0.rawValue } }
}

extension ValueType {
  /// A choice that may be left out: the empty text is "not set".
  static func optionalChoice<Choice>() -> Self
  where Value == Choice?, Choice: RawRepresentable & CaseIterable & Sendable & Equatable, Choice.RawValue == String {
    let choice = ValueType<Choice>.choice()
    return Self(
      name: choice.name, expected: choice.expected,
      parse: { (items: [String]) throws(Rejection) -> Choice? in items == [""] ? nil : try choice.parse(items) },
      show: { $0.map(choice.show) ?? [] })
  }
}

// MARK: - Pieces

func isDigits(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
}

func trimmed(_ text: Substring) -> String {
  var rest = text
  while rest.first == " " { rest.removeFirst() }
  while rest.last == " " { rest.removeLast() }
  return String(rest)
}

func refuseControls(_ text: String) throws(Rejection) {
  if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) {
    throw Rejection("contains a control character")
  }
}
