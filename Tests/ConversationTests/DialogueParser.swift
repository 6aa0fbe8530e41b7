// Reads a dialogue file (the format is described in Tests/Conversations/README.md).

import TestSupport

/// Turns the bytes of a dialogue file into a `Dialogue`; every line it does not understand is an error.
struct DialogueParser {
  private var dialogue = Dialogue()
  private var block: ReplyPattern?
  private var blockLine = 0

  /// Parses a whole file.
  static func parse(_ content: [UInt8]) throws -> Dialogue {
    var parser = DialogueParser()
    let lines = latin1(content).split(separator: "\n", omittingEmptySubsequences: false)
    try require(
      lines.first?.hasPrefix("# ") == true, "line 1: a dialogue opens with a comment that says what it stands for")
    for (index, line) in lines.enumerated() {
      do { try parser.take(String(line), number: index + 1) } catch {
        throw TestFailure("line \(index + 1): \(error)")
      }
    }
    try require(parser.block == nil, "line \(parser.blockLine): the multi-line reply has no last line")
    try require(!parser.dialogue.steps.isEmpty, "no steps")
    return parser.dialogue
  }

  private mutating func take(_ line: String, number: Int) throws {
    if line.hasPrefix("#") {
      if dialogue.steps.isEmpty && dialogue.files.isEmpty && dialogue.settings.isEmpty {
        dialogue.title += (dialogue.title.isEmpty ? "" : " ") + line.dropFirst(2)
      }
      return
    }
    if line.allSatisfy({ $0 == " " }) { return }
    if line.hasPrefix("["), line.hasSuffix("]") {
      return add(try connection(String(line.dropFirst().dropLast())), line, number)
    }
    if line.hasPrefix("D<") { return add(.data(try received(afterMark(line, 2))), line, number) }
    if line.hasPrefix("D>") { return add(.data(.send(try Words.content(afterMark(line, 2)))), line, number) }
    guard let colon = line.firstIndex(of: ":") else { throw TestFailure("not understood: \(line)") }
    let key = String(line[..<colon])
    let rest = afterMark(line, key.unicodeScalars.count + 1)
    if block != nil, key != "S" { throw TestFailure("inside a multi-line reply") }
    switch key {
    case "S": try takeReply(rest, line, number)
    case "S may": try takePossibleReply(rest, line, number)
    case "S has": add(.replyHas(try pattern(rest)), line, number)
    case "S lacks": add(.replyLacks(try pattern(rest)), line, number)
    case "S bytes": add(.rawBytes(try Words.unescape(rest)), line, number)
    case "C": add(try client(rest), line, number)
    case "C raw": add(.send(try pieces(rest)), line, number)
    case "C words": add(.send([try Words.content(rest)]), line, number)
    case "C urgent": add(.sendUrgent(try Words.unescape(rest)), line, number)
    case "D": add(.data(try data(rest)), line, number)
    case "login": add(.logIn(rest), line, number)
    case "check": add(try check(rest), line, number)
    default: try setUp(key, rest)
    }
  }

  private mutating func add(_ action: Action, _ source: String, _ line: Int) {
    dialogue.steps.append(Step(line: line, source: source, action: action))
  }

  /// What follows a mark of `length` scalars, without one blank.
  private func afterMark(_ line: String, _ length: Int) -> String {
    var rest = line.unicodeScalars.dropFirst(length)
    if rest.first == " " { rest = rest.dropFirst() }
    return String(String.UnicodeScalarView(rest))
  }

  // MARK: Before the talk

  private mutating func setUp(_ key: String, _ rest: String) throws {
    try require(dialogue.steps.isEmpty, "'\(key):' belongs before the first step")
    switch key {
    case "settings": dialogue.settings.append(rest)
    case "arguments": dialogue.arguments += rest.split(separator: " ").map(String.init)
    case "listen": dialogue.listen = rest
    case "requires": dialogue.requirements.append(rest)
    case "user": dialogue.users.append(rest)
    default:
      var words = try Words.split(rest)
      try require(!words.isEmpty, "a name is missing")
      let name = words.removeFirst()
      var fixture = Fixture(name: name, kind: .directory)
      while let last = words.last.map(latin1), let value = value(of: "mode", in: last) ?? value(of: "time", in: last) {
        if last.hasPrefix("mode=") {
          fixture.mode = UInt32(value, radix: 8)
        } else {
          fixture.modified = try Words.time(value)
        }
        words.removeLast()
      }
      fixture.kind = try kind(key, words)
      dialogue.files.append(fixture)
    }
  }

  private func value(of key: String, in word: String) -> String? {
    word.hasPrefix(key + "=") ? String(word.dropFirst(key.count + 1)) : nil
  }

  private func kind(_ key: String, _ words: [[UInt8]]) throws -> Fixture.Kind {
    switch (key, words.count) {
    case ("file", _): return .file(words.flatMap { $0 })
    case ("sparse", 1): return .sparse(Int(latin1(words[0])) ?? 0)
    case ("directory", 0): return .directory
    case ("symlink", 2) where words[0] == bytes("->"): return .symlink(words[1])
    case ("hardlink", 2) where words[0] == bytes("->"): return .hardLink(words[1])
    case ("fifo", 0): return .fifo
    case ("socket", 0): return .socket
    case ("device", 0): return .device
    case ("entries", 1): return .entries(Int(latin1(words[0])) ?? 0)
    default: throw TestFailure("not understood: \(key)")
    }
  }

  // MARK: The talk

  private func connection(_ text: String) throws -> Action {
    let words = text.split(separator: " ").map(String.init)
    if words.count == 2, words[1] == "connection" { return .connection(name: words[0], from: nil) }
    if words.count == 4, words[1] == "connection", words[2] == "from" {
      return .connection(name: words[0], from: words[3])
    }
    throw TestFailure("not understood: [\(text)]")
  }

  private func client(_ text: String) throws -> Action {
    switch text {
    case "(closes)": return .closeControl(.close)
    case "(finishes sending)": return .closeControl(.finishSending)
    case "(resets)": return .closeControl(.reset)
    default:
      var parts = try pieces(text)
      parts[parts.count - 1] += [0x0D, 0x0A]
      return .send(parts)
    }
  }

  /// The text cut at its split marks `\|`.
  private func pieces(_ text: String) throws -> [[UInt8]] {
    var parts: [String.UnicodeScalarView] = [.init()]
    var afterBackslash = false
    for scalar in text.unicodeScalars {
      if afterBackslash, scalar == "|" {
        parts[parts.count - 1].removeLast()
        parts.append(.init())
        afterBackslash = false
        continue
      }
      parts[parts.count - 1].append(scalar)
      afterBackslash = scalar == "\\" && !afterBackslash
    }
    return try parts.map { try Words.unescape(String($0), keepsBraces: true) }
  }

  private func pattern(_ text: String) throws -> TextPattern {
    try expression(text) ?? .exact(try Words.unescape(text))
  }

  /// `/…/` or `/…/i`; nil for text of another form.
  private func expression(_ text: String) -> TextPattern? {
    guard text.hasPrefix("/"), text.unicodeScalars.count > 2 else { return nil }
    if text.hasSuffix("/i") { return .expression("(?i)" + text.dropFirst().dropLast(2)) }
    return text.hasSuffix("/") ? .expression(String(text.dropFirst().dropLast())) : nil
  }

  private mutating func takeReply(_ text: String, _ source: String, _ line: Int) throws {
    if var open = block {
      let isBareCode = text == open.codes[0]
      let line = isBareCode ? TextPattern.expression("^\(text) ") : text == "..." ? nil : try pattern(text)
      open.block?.append(line)
      if isBareCode || text.hasPrefix(open.codes[0] + " ") {
        block = nil
        dialogue.steps[dialogue.steps.count - 1].action = .reply(open)
      } else {
        block = open
      }
      return
    }
    if text == "(closes)" { return add(.controlClosed, source, line) }
    let head = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let codes = head[0].split(separator: "|").map(String.init)
    if codes.allSatisfy(isCode) {
      let wanted = head.count > 1 ? try pattern(head[1]) : nil
      return add(.reply(ReplyPattern(codes: codes, text: wanted)), source, line)
    }
    let code = String(text.prefix(3))
    try require(isCode(code) && text.dropFirst(3).first == "-", "not a reply: \(text)")
    let first: TextPattern = text.count == 4 ? .expression("^\(text)") : try pattern(text)
    block = ReplyPattern(codes: [code], block: [first])
    blockLine = line
    add(.reply(ReplyPattern(codes: [code])), source, line)
  }

  private mutating func takePossibleReply(_ text: String, _ source: String, _ line: Int) throws {
    let codes = text.split(separator: "|").map(String.init)
    try require(!codes.isEmpty && codes.allSatisfy(isCode), "not a code: \(text)")
    add(.mayReply(ReplyPattern(codes: codes)), source, line)
  }

  private func isCode(_ text: String) -> Bool {
    text.utf8.count == 3 && "12345".contains(text.first ?? " ")
      && text.dropFirst().allSatisfy { "0123456789x".contains($0) }
  }

  private func data(_ text: String) throws -> DataAction {
    let words = text.split(separator: " ").map(String.init)
    switch words {
    case ["connect"]: return .connect(from: nil)
    case ["refused"]: return .refused(from: nil)
    case ["listen"]: return .listen(on: "127.0.0.1")
    case ["accept"]: return .accept
    case ["nobody", "connects"]: return .nobodyConnects
    case ["close"]: return .close(.close)
    case ["finish", "sending"]: return .close(.finishSending)
    case ["reset"]: return .close(.reset)
    case ["closed"]: return .closed
    default: break
    }
    if words.count == 3, words[1] == "from", words[0] == "connect" { return .connect(from: words[2]) }
    if words.count == 3, words[1] == "from", words[0] == "refused" { return .refused(from: words[2]) }
    if words.count == 3, words[0] == "listen", words[1] == "on" { return .listen(on: words[2]) }
    throw TestFailure("not understood: D: \(text)")
  }

  private func received(_ text: String) throws -> DataAction {
    if text == "empty" { return .receives(.equal([])) }
    if text.hasPrefix("has ") { return .receives(.has(try dataPattern(String(text.dropFirst(4))))) }
    if text.hasPrefix("lacks ") { return .receives(.lacks(try dataPattern(String(text.dropFirst(6))))) }
    if text.hasPrefix("/") { return .receives(.has(try dataPattern(text))) }
    let words = text.split(separator: " ").map(String.init)
    if words.count == 2, words[0] == "first", let count = Int(words[1]) { return .receiveFirst(count) }
    if words.count == 2, words[1] == "bytes", let count = Int(words[0]) { return .receives(.count(count)) }
    return .receives(.equal(try Words.content(text)))
  }

  private func dataPattern(_ text: String) throws -> TextPattern {
    try expression(text) ?? .exact(try Words.content(text))
  }

  private func check(_ text: String) throws -> Action {
    var words = try Words.split(text)
    try require(words.count >= 2, "check: NAME what")
    let name = words.removeFirst()
    let what = latin1(words.removeFirst())
    let value = words.first.map(latin1) ?? ""
    switch what {
    case "is": return .check(name, .content(words.flatMap { $0 }))
    case "size": return .check(name, .size(Int(value) ?? -1))
    case "mode": return .check(name, .mode(UInt32(value, radix: 8) ?? 0))
    case "time": return .check(name, .modified(try Words.time(value)))
    case "missing": return .check(name, .missing)
    case "exists": return .check(name, .exists)
    case "directory": return .check(name, .isDirectory)
    case "link": return .check(name, .link(words.first ?? []))
    default: throw TestFailure("not understood: check … \(what)")
    }
  }
}
