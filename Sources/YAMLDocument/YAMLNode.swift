// A YAML document as a tree in which every node knows where it stands, so that mistakes have lines and edits have places.

/// A node of a document.
public struct YAMLNode: Sendable {
  /// What the node says.
  public enum Content: Sendable {
    /// Text as it is written, without its quotes; plain text has none.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// Pairs in their order; a key may come twice.
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  public let content: Content
  /// Where it begins, its anchor and tag included.
  public let start: YAMLMark
  /// Where it ends: behind its last character. A collection that is written in lines ends where its last node does.
  public let end: YAMLMark
  /// A collection written as `[…]` or `{…}`.
  public let isFlow: Bool

  /// The line it begins in, counted from 1.
  public var line: Int { Int(start.line) + 1 }

  /// The text of a scalar.
  public var text: String? {
    if case .scalar(let text, _) = content { return text }
    return nil
  }

  /// The pairs of a mapping.
  public var pairs: [(key: YAMLNode, value: YAMLNode)]? {
    if case .mapping(let pairs) = content { return pairs }
    return nil
  }

  /// `key:` with nothing after it, `~` or `null`.
  public var isNothing: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return YAMLNode.namesOfNothing.contains(text)
  }

  static let namesOfNothing = ["", "~", "null", "Null", "NULL"]

  /// The value of the first pair whose key is `key`; nil where there is none, or this is no mapping.
  public subscript(key: String) -> YAMLNode? { pairs?.first { $0.key.text == key }?.value }
}

/// A place in a document, as libyaml counts: line breaks are LF, CR, CRLF and the three of Unicode.
public struct YAMLMark: Sendable, Equatable {
  /// Counted from 0.
  public let line: Int32
  /// Characters from the begin of the line, counted from 0.
  public let column: Int32
}

/// Why bytes are no YAML that can be read.
public struct YAMLError: Error, Equatable, Sendable {
  /// Counted from 1.
  public let line: Int
  public let reason: String

  public init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }
}
