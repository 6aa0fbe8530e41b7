// Puts the tree of a document together from libyaml's events.

import CYAML

extension YAMLNode {
  /// Reads the one document in `bytes`, which are UTF-8. JSON is read, too.
  ///
  /// - Returns: nil if they hold none.
  public static func document(in bytes: [UInt8]) throws(YAMLError) -> YAMLNode? {
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
  /// Nothing that is read here goes half as deep; what does is a mistake or an attack on the stack.
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
    guard depth < Self.depthLimit else { throw YAMLError(line: event.line, reason: "it is nested too deeply") }
    let start = event.start
    let content: YAMLNode.Content
    var end = event.end
    var isFlow = false
    switch event.type {
    case YAML_SCALAR_EVENT: content = event.scalar
    case YAML_SEQUENCE_START_EVENT:
      var items: [YAMLNode] = []
      var last: YAMLMark?
      while let item = try next(parser, before: YAML_SEQUENCE_END_EVENT, depth: depth, &last) { items.append(item) }
      isFlow = event.isFlow
      // libyaml ends what is written in lines where the next thing begins, comments and all.
      end = isFlow ? last ?? end : items.last?.end ?? end
      content = .sequence(items)
    case YAML_MAPPING_START_EVENT:
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      var last: YAMLMark?
      while let key = try next(parser, before: YAML_MAPPING_END_EVENT, depth: depth, &last) {
        guard let value = try next(parser, before: YAML_MAPPING_END_EVENT, depth: depth, &last) else { break }
        pairs.append((key, value))
      }
      isFlow = event.isFlow
      end = isFlow ? last ?? end : pairs.last?.value.end ?? end
      content = .mapping(pairs)
    case YAML_ALIAS_EVENT:
      guard let node = anchors[event.anchor ?? ""] else {
        throw YAMLError(line: event.line, reason: "*\(event.anchor ?? "") stands for nothing above it")
      }
      return YAMLNode(content: node.content, start: start, end: end, isFlow: true)
    default: throw YAMLError(line: event.line, reason: "something is out of place")
    }
    let node = YAMLNode(content: content, start: start, end: end, isFlow: isFlow)
    if let anchor = event.anchor { anchors[anchor] = node }
    return node
  }

  /// The next node; nil at `end`, whose own end is put into `last`.
  private mutating func next(
    _ parser: UnsafeMutablePointer<yaml_parser_t>, before end: yaml_event_type_t, depth: Int, _ last: inout YAMLMark?
  ) throws(YAMLError) -> YAMLNode? {
    let event = try YAMLEvent(parser, bytes)
    if event.type == end {
      last = event.end
      return nil
    }
    return try node(event, parser, depth: depth + 1)
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

  var start: YAMLMark { Self.mark(event.start_mark) }
  var end: YAMLMark { Self.mark(event.end_mark) }

  /// Counted from 1.
  var line: Int { event.start_mark.line + 1 }

  var isFlow: Bool {
    event.type == YAML_SEQUENCE_START_EVENT
      ? event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
      : event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
  }

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

  private static func mark(_ mark: yaml_mark_t) -> YAMLMark {
    YAMLMark(line: Int32(clamping: mark.line), column: Int32(clamping: mark.column))
  }

  private static func error(_ parser: yaml_parser_t, _ bytes: UnsafeBufferPointer<UInt8>) -> YAMLError {
    let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
    switch parser.error {
    case YAML_READER_ERROR:
      let line = bytes.prefix(Int(clamping: parser.problem_offset)).count { $0 == 0x0A } + 1
      return YAMLError(line: line, reason: problem)
    case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
      let context = parser.context.map { "\(String(cString: $0)) (line \(parser.context_mark.line + 1)): " } ?? ""
      // Password hashes of locked users and patterns for names begin with these.
      let isQuoteMissing = context.hasPrefix("while scanning an a")
      let advice = isQuoteMissing ? "; a value that begins with * or & needs quotes" : ""
      return YAMLError(
        line: parser.problem_mark.line + 1,
        reason: "\(context)\(problem), column \(parser.problem_mark.column + 1)\(advice)")
    default: return YAMLError(line: parser.mark.line + 1, reason: problem)
    }
  }
}
