// Changes single pairs of a document's mappings as text: comments, order, and every other byte stay as they are.

/// A change of one mapping.
public struct YAMLMappingChange: Sendable {
  /// Pairs that go, by their index in ``YAMLNode/pairs``.
  public var removed: Set<Int> = []
  /// Pairs that get another value.
  public var replaced: [(index: Int, value: YAMLValue)] = []
  /// Pairs that get another key.
  public var renamed: [(index: Int, key: String)] = []
  /// Pairs that come behind the last.
  public var added: [YAMLPair] = []

  public init() {}

  /// True if nothing changes.
  public var isEmpty: Bool { removed.isEmpty && replaced.isEmpty && renamed.isEmpty && added.isEmpty }
}

/// Why a document cannot be changed this way; a person with an editor still can.
public struct YAMLEditError: Error, Sendable, Equatable {
  /// Counted from 1.
  public let line: Int
  public let reason: String
}

/// The text of a document while it is changed. Changes of different mappings must not overlap: one cannot remove a pair and change
/// something in its value.
///
/// Whoever edits must read the result again and see whether it says what it should: an anchor may have gone that is needed elsewhere.
public struct YAMLEditor: Sendable {
  /// What the text says before the changes; nil: nothing.
  public let root: YAMLNode?
  private let bytes: [UInt8]
  /// Where each line begins, as libyaml counts lines.
  private let lineStarts: [Int]
  private let ending: String
  private var edits: [(range: Range<Int>, text: String)] = []

  public init(_ bytes: [UInt8]) throws(YAMLError) {
    root = try YAMLNode.document(in: bytes)
    self.bytes = bytes
    lineStarts = Self.lineStarts(bytes)
    let firstEnd = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? 0
    ending = firstEnd > 0 && bytes[firstEnd - 1] == UInt8(ascii: "\r") ? "\r\n" : "\n"
  }

  /// The text with all changes made.
  public var changed: [UInt8] {
    let ordered = edits.enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }
    var result: [UInt8] = []
    var position = 0
    for (_, edit) in ordered {
      if edit.range.lowerBound > position { result += bytes[position..<edit.range.lowerBound] }
      result += edit.text.utf8
      position = max(position, edit.range.upperBound)
    }
    return result + bytes[position...]
  }

  /// Adds a pair behind everything else of a document whose top is a mapping in lines, or nothing.
  public mutating func append(_ pair: YAMLPair) {
    let isLineOpen = bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false
    edits.append((bytes.count..<bytes.count, (isLineOpen ? ending : "") + block(pair.lines(indent: 0))))
  }

  /// Changes the mapping `node`, which may be nothing yet.
  ///
  /// - Parameters:
  ///   - node: a node of ``root``.
  ///   - key: the key that it is the value of; nil for the root.
  public mutating func change(_ node: YAMLNode, of key: YAMLNode?, _ change: YAMLMappingChange) throws(YAMLEditError) {
    if change.isEmpty { return }
    if node.isNothing || node.isFlow && node.pairs?.isEmpty == true {
      fill(node, of: key, change.added)
    } else if node.isFlow {
      try changeFlow(node, change)
    } else {
      try changeBlock(node, change)
    }
  }

  // MARK: - Mappings in lines

  private mutating func changeBlock(_ node: YAMLNode, _ change: YAMLMappingChange) throws(YAMLEditError) {
    guard let pairs = node.pairs, let first = pairs.first, let last = pairs.last else { return }
    let indent = Int(first.key.start.column)
    for (index, key) in change.renamed {
      edits.append((range(of: pairs[index].key), YAMLValue.scalarText(key, inFlow: false)))
    }
    for (index, value) in change.replaced {
      let pair = pairs[index]
      let isOneLine = pair.value.start.line == pair.value.end.line && pair.key.start.line == pair.value.end.line
      let lines = YAMLPair("k", value).lines(indent: 0)
      if isOneLine, lines.count == 1 {
        let range = range(of: pair.value)
        let isApart = range.lowerBound > 0 && bytes[range.lowerBound - 1] == UInt8(ascii: " ")
        edits.append((range, (isApart ? "" : " ") + lines[0].dropFirst(3)))
      } else {
        let lines = try lineRange(of: pair)
        let name = pair.key.text ?? ""
        edits.append((lines, block(YAMLPair(name, value).lines(indent: indent))))
      }
    }
    for index in change.removed { edits.append((try lineRange(of: pairs[index]), "")) }
    if !change.added.isEmpty {
      insert(change.added.flatMap { $0.lines(indent: indent) }, behindLine: lastLine(of: last))
    }
  }

  /// Writes pairs where there is nothing yet: `key:`, `key: ~` or `key: {}`.
  private mutating func fill(_ node: YAMLNode, of key: YAMLNode?, _ added: [YAMLPair]) {
    if added.isEmpty { return }
    edits.append((range(of: node), ""))
    let indent = key.map { Int($0.start.column) + 2 } ?? 0
    insert(added.flatMap { $0.lines(indent: indent) }, behindLine: Int(node.end.line))
  }

  private mutating func insert(_ lines: [String], behindLine line: Int) {
    let isLast = line + 1 >= lineStarts.count
    let position = isLast ? bytes.count : lineStarts[line + 1]
    let isLineOpen = isLast && bytes.last.map { $0 != UInt8(ascii: "\n") } ?? false
    edits.append((position..<position, (isLineOpen ? ending : "") + block(lines)))
  }

  private func block(_ lines: [String]) -> String { lines.map { $0 + ending }.joined() }

  /// The whole lines of a pair; what stands beside it goes with it.
  private func lineRange(of pair: (key: YAMLNode, value: YAMLNode)) throws(YAMLEditError) -> Range<Int> {
    let begin = lineStarts[Int(pair.key.start.line)]
    guard bytes[begin..<offset(pair.key.start)].allSatisfy({ $0 == UInt8(ascii: " ") }) else {
      throw YAMLEditError(line: pair.key.line, reason: "something stands in front of the key in its line")
    }
    let line = lastLine(of: pair)
    return begin..<(line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count)
  }

  /// The last line that has something of the pair in it, counted from 0.
  private func lastLine(of pair: (key: YAMLNode, value: YAMLNode)) -> Int {
    let leaf = Self.lastLeaf(pair.value)
    var line = Int(leaf.end.line)
    // The text of `|` and `>` ends where the next line begins, and blank lines behind it belong to nobody.
    if leaf.end.column == 0, line > Int(leaf.start.line) {
      repeat { line -= 1 } while line > Int(leaf.start.line) && isBlank(line)
    }
    return max(line, Int(pair.key.end.line))
  }

  private func isBlank(_ line: Int) -> Bool {
    let end = line + 1 < lineStarts.count ? lineStarts[line + 1] : bytes.count
    return bytes[lineStarts[line]..<end].allSatisfy { [0x20, 0x0A, 0x0D].contains($0) }
  }

  private static func lastLeaf(_ node: YAMLNode) -> YAMLNode {
    if node.isFlow { return node }
    switch node.content {
    case .scalar: return node
    case .sequence(let items): return items.last.map(lastLeaf) ?? node
    case .mapping(let pairs): return pairs.last.map { lastLeaf($0.value) } ?? node
    }
  }

  // MARK: - Mappings in braces

  private mutating func changeFlow(_ node: YAMLNode, _ change: YAMLMappingChange) throws(YAMLEditError) {
    guard let pairs = node.pairs, bytes[offset(node.start)] == UInt8(ascii: "{") else {
      throw YAMLEditError(line: node.line, reason: "it is an alias or has an anchor")
    }
    for (index, key) in change.renamed {
      edits.append((range(of: pairs[index].key), YAMLValue.scalarText(key, inFlow: true)))
    }
    for (index, value) in change.replaced {
      let range = range(of: pairs[index].value)
      let isApart = range.lowerBound > 0 && bytes[range.lowerBound - 1] == UInt8(ascii: " ")
      edits.append((range, (isApart ? "" : " ") + value.flow))
    }
    let kept = pairs.indices.filter { !change.removed.contains($0) }
    let open = offset(node.start) + 1
    // Additions go behind the last pair that stays; what is removed behind that goes up to the last pair's end.
    let lastEnd = kept.last.map { offset(pairs[$0].value.end) } ?? open
    if !change.added.isEmpty {
      let text = change.added.map(\.flow).joined(separator: ", ")
      edits.append((lastEnd..<lastEnd, (kept.isEmpty ? "" : ", ") + text))
    }
    for index in change.removed.sorted() {
      if let next = pairs.indices.dropFirst(index + 1).first, let last = kept.last, index < last {
        edits.append((offset(pairs[index].key.start)..<offset(pairs[next].key.start), ""))
      }
    }
    if let last = pairs.indices.last, change.removed.contains(last) {
      edits.append((lastEnd..<offset(pairs[last].value.end), ""))
    }
  }

  // MARK: - Places

  private func range(of node: YAMLNode) -> Range<Int> {
    let begin = offset(node.start)
    return begin..<max(begin, offset(node.end))
  }

  /// The byte at `mark`: characters are counted from the begin of its line.
  private func offset(_ mark: YAMLMark) -> Int {
    guard lineStarts.indices.contains(Int(mark.line)) else { return bytes.count }
    var position = lineStarts[Int(mark.line)]
    for _ in 0..<mark.column {
      guard position < bytes.count else { break }
      position += 1
      while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
    }
    return position
  }

  /// LF, CR, CRLF, NEL, LS and PS end a line.
  private static func lineStarts(_ bytes: [UInt8]) -> [Int] {
    var starts = [0]
    for index in bytes.indices {
      switch bytes[index] {
      case 0x0A: starts.append(index + 1)
      case 0x0D: if index + 1 == bytes.count || bytes[index + 1] != 0x0A { starts.append(index + 1) }
      case 0x85: if index > 0, bytes[index - 1] == 0xC2 { starts.append(index + 1) }
      case 0xA8, 0xA9:
        if index > 1, bytes[index - 1] == 0x80, bytes[index - 2] == 0xE2 { starts.append(index + 1) }
      default: break
      }
    }
    return starts
  }
}
