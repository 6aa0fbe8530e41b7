// A YAML document as a tree in which every node knows its line, put together from libyaml's events.

import CYAML

/// A node of a document.
struct YAMLNode {
  enum Content {
    /// Text as it is written, without its quotes; plain text has none.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// Pairs in their order; a key may come twice.
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  let content: Content
  /// Counted from 1.
  let line: Int

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { return text }
    return nil
  }

  /// `key:` with nothing after it, `~` or `null`.
  var isNothing: Bool {
    guard case .scalar(let text, true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }
}

/// Why bytes are no YAML that can be read.
struct YAMLError: Error, Equatable {
  /// Counted from 1.
  let line: Int
  let reason: String
}

extension YAMLNode {
  /// Reads the one document in `bytes`, which are UTF-8.
  ///
  /// - Returns: nil if they hold none.
  static func document(in bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
    // On the heap, because libyaml keeps a pointer from the parser to itself.
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    defer { parser.deallocate() }
    guard yaml_parser_initialize(parser) == 1 else { throw YAMLError(line: 1, reason: "out of memory") }
    defer { yaml_parser_delete(parser) }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    let result = bytes.withUnsafeBufferPointer { text -> Result<YAMLNode?, YAMLError> in
      yaml_parser_set_input_string(parser, text.baseAddress, text.count)
      do throws(YAMLError) {
        var builder = YAMLBuilder(text)
        return .success(try builder.document(parser))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}

/// Puts a tree together. Source: yaml.h of libyaml, yaml_parser_parse().
private struct YAMLBuilder {
  /// No settings go deeper than three; what does is a mistake or an attack on the stack.
  private static let depthLimit = 32

  private let bytes: UnsafeBufferPointer<UInt8>
  /// Nodes that an alias may stand for. They share their memory with it, so that aliases of aliases cost nothing.
  private var anchors: [String: YAMLNode] = [:]

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  mutating func document(_ parser: UnsafeMutablePointer<yaml_parser_t>) throws(YAMLError) -> YAMLNode? {
    var root: YAMLNode?
    while true {
      let event = try YAMLEvent(parser, bytes)
      switch event.type {
      case YAML_STREAM_END_EVENT: return root
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
      case YAML_DOCUMENT_START_EVENT:
        if root != nil { throw YAMLError(line: event.line, reason: "there is more than one document") }
      default: root = try node(event, parser, depth: 0)
      }
    }
  }

  /// The node that begins with `event`.
  private mutating func node(
    _ event: borrowing YAMLEvent, _ parser: UnsafeMutablePointer<yaml_parser_t>, depth: Int
  ) throws(YAMLError) -> YAMLNode {
    let line = event.line
    guard depth < Self.depthLimit else { throw YAMLError(line: line, reason: "it is nested too deeply") }
    let content: YAMLNode.Content
    switch event.type {
    case YAML_SCALAR_EVENT: content = event.scalar
    case YAML_SEQUENCE_START_EVENT:
      var items: [YAMLNode] = []
      while let item = try next(parser, before: YAML_SEQUENCE_END_EVENT, depth: depth) { items.append(item) }
      content = .sequence(items)
    case YAML_MAPPING_START_EVENT:
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      while let key = try next(parser, before: YAML_MAPPING_END_EVENT, depth: depth) {
        guard let value = try next(parser, before: YAML_MAPPING_END_EVENT, depth: depth) else { break }
        pairs.append((key, value))
      }
      content = .mapping(pairs)
    case YAML_ALIAS_EVENT:
      guard let node = anchors[event.anchor ?? ""] else {
        throw YAMLError(line: line, reason: "*\(event.anchor ?? "") stands for nothing above it")
      }
      return YAMLNode(content: node.content, line: line)
    default: throw YAMLError(line: line, reason: "something is out of place")
    }
    let node = YAMLNode(content: content, line: line)
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  /// The next node; nil at `end`.
  private mutating func next(
    _ parser: UnsafeMutablePointer<yaml_parser_t>, before end: yaml_event_type_t, depth: Int
  ) throws(YAMLError) -> YAMLNode? {
    let event = try YAMLEvent(parser, bytes)
    return event.type == end ? nil : try node(event, parser, depth: depth + 1)
  }
}

/// One event of libyaml's parser, which owns what it points to.
private struct YAMLEvent: ~Copyable {
  private var event = yaml_event_t()

  init(_ parser: UnsafeMutablePointer<yaml_parser_t>, _ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
    guard yaml_parser_parse(parser, &event) == 1 else { throw Self.error(parser.pointee, bytes) }
  }

  deinit {
    var event = event
    yaml_event_delete(&event)
  }

  var type: yaml_event_type_t { event.type }

  /// Counted from 1.
  var line: Int { event.start_mark.line + 1 }

  /// The name behind `&` or `*`.
  var anchor: String? {
    let name =
      switch event.type {
      case YAML_SCALAR_EVENT: event.data.scalar.anchor
      case YAML_SEQUENCE_START_EVENT: event.data.sequence_start.anchor
      case YAML_MAPPING_START_EVENT: event.data.mapping_start.anchor
      case YAML_ALIAS_EVENT: event.data.alias.anchor
      default: nil as UnsafeMutablePointer<yaml_char_t>?
      }
    return name.map { String(cString: $0) }
  }

  var scalar: YAMLNode.Content {
    let scalar = event.data.scalar
    let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    return .scalar(String(decoding: text, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
  }

  private static func error(_ parser: yaml_parser_t, _ bytes: UnsafeBufferPointer<UInt8>) -> YAMLError {
    let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
    switch parser.error {
    case YAML_READER_ERROR:
      let line = bytes.prefix(Int(clamping: parser.problem_offset)).count { $0 == 0x0A } + 1
      return YAMLError(line: line, reason: problem)
    case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
      let context = parser.context.map { "\(String(cString: $0)) (line \(parser.context_mark.line + 1)): " } ?? ""
      return YAMLError(
        line: parser.problem_mark.line + 1, reason: "\(context)\(problem), column \(parser.problem_mark.column + 1)")
    default: return YAMLError(line: parser.mark.line + 1, reason: problem)
    }
  }
}
