// What replies tell of files: names, sizes, times, the file that STOU made, the entry of MLST.

extension ReceivedReply {
  /// The path in a 257 reply to PWD or MKD: the first text in double quotes, a quote within it doubled (RFC 959, appendix II).
  ///
  /// - Returns: nil for another code, when there is no quoted text, and for an empty path.
  public var pathname: [UInt8]? {
    guard code == 257 else { return nil }
    for line in lines {
      if let path = ReceivedReply.quoted(in: line) { return path }
    }
    return nil
  }

  /// The size in a 150 or 125 reply: the number of the last `(N bytes)` in the text.
  ///
  /// It is what a progress display needs, and no more: a file name in the text may hold such words too, and in type A the number is not
  /// that of the bytes on the wire.
  public var announcedSize: UInt64? {
    guard code == 150 || code == 125 else { return nil }
    return lines.reversed().lazy.compactMap(ReceivedReply.sizeInParentheses).first
  }

  /// The number in a 213 reply to SIZE (RFC 3659 §4): the digits at the end of the text, whatever a server puts before them.
  ///
  /// AVBL answers in the same form.
  ///
  /// - Returns: nil for another code, without digits at the end, and for a number above `UInt64.max`.
  public var fileSize: UInt64? {
    guard code == 213 else { return nil }
    let text = ReceivedReply.trimmed(text)
    let digits = text.suffix(while: { 0x30...0x39 ~= $0 })
    // Digits that end a word are not a number of their own.
    if digits.startIndex > text.startIndex, text[digits.startIndex - 1] != 0x20 { return nil }
    return DecimalNumber.read(digits)
  }

  /// The time in a 213 reply to MDTM (RFC 3659 §3), UTC, with a fraction if the server gives one.
  ///
  /// Some old servers print the year 2026 as 19126 (1900 followed by the years since); lftp and tnftp put that right, and so does this.
  ///
  /// - Returns: nil for another code and for what is no time stamp.
  public var modificationTime: (seconds: Int64, nanoseconds: UInt32)? {
    guard code == 213 else { return nil }
    let text = ReceivedReply.trimmed(text)
    var stamp = Array(text.prefix { $0 != 0x20 })
    let digits = stamp.prefix { 0x30...0x39 ~= $0 }
    if digits.count == 15, digits.starts(with: [0x31, 0x39, 0x31]) {
      stamp.replaceSubrange(0..<3, with: [0x32, 0x30])
    }
    return TimeStamp.parse(stamp)
  }

  /// The name a server chose for STOU.
  ///
  /// RFC 1123 §4.1.2.9 puts it into the 125 or 150 reply as `FILE: name`. BSD servers say `(unique file name:name)` in the 226 reply, and
  /// some quote it in a 226 or 250 reply. What stands behind these words belongs to the name.
  ///
  /// - Returns: nil for other codes and when no name is told.
  public var uniqueName: [UInt8]? {
    guard [125, 150, 226, 250].contains(code) else { return nil }
    for line in lines {
      if let name = ReceivedReply.text(behind: ReceivedReply.fileWord, in: line), !name.isEmpty { return Array(name) }
    }
    guard kind == .completion else { return nil }
    for line in lines {
      if let name = ReceivedReply.uniqueFileName(in: line) { return name }
    }
    return lines.lazy.compactMap(ReceivedReply.quoted).first
  }

  /// The entry in a 250 reply to MLST: the first line between the first and the last, without the blank in front (RFC 3659 §7.2).
  ///
  /// Its name is a path, as a rule an absolute one.
  ///
  /// - Returns: nil for another code and when the line is no entry.
  public var listedEntry: ListedEntry? {
    guard code == 250, let line = innerLines.first else { return nil }
    return ListedEntry(machineLine: line.first == 0x20 ? line.dropFirst() : line[...])
  }

  /// The two markers of a 110 reply, `MARK yyyy = mmmm` (RFC 959 §4.2.2): the sender's and the receiver's for the same place.
  ///
  /// - Returns: nil for another code or another form.
  public var restartMarkers: (sent: [UInt8], received: [UInt8])? {
    guard code == 110 else { return nil }
    let words = text.split(separator: 0x20)
    guard words.count == 4, words[0].elementsEqual(ReceivedReply.markWord), words[2].elementsEqual([0x3D]) else {
      return nil
    }
    return (Array(words[1]), Array(words[3]))
  }
}

extension ReceivedReply {
  private static let markWord = Array("MARK".utf8)
  private static let fileWord = Array("FILE: ".utf8)
  private static let uniqueWord = Array("unique file name:".utf8)
  private static let bytesWord = Array(" bytes)".utf8)

  /// The first text in double quotes, its doubled quotes undone; nil if it is empty or does not end.
  private static func quoted(in line: [UInt8]) -> [UInt8]? {
    guard let start = line.firstIndex(of: 0x22) else { return nil }
    var path: [UInt8] = []
    var index = start + 1
    while index < line.count {
      if line[index] == 0x22 {
        guard index + 1 < line.count, line[index + 1] == 0x22 else { return path.isEmpty ? nil : path }
        index += 1
      }
      path.append(line[index])
      index += 1
    }
    return nil
  }

  private static func sizeInParentheses(_ line: [UInt8]) -> UInt64? {
    var end = line.count
    while end >= bytesWord.count {
      let start = end - bytesWord.count
      if line[start..<end].elementsEqual(bytesWord) {
        let digits = line[..<start].suffix(while: { 0x30...0x39 ~= $0 })
        if digits.startIndex > 0, line[digits.startIndex - 1] == 0x28, let size = DecimalNumber.read(digits) {
          return size
        }
      }
      end -= 1
    }
    return nil
  }

  /// `(unique file name:NAME).` and `unique file name: NAME`.
  private static func uniqueFileName(in line: [UInt8]) -> [UInt8]? {
    guard let rest = text(behind: uniqueWord, in: line) else { return nil }
    var name = rest.drop { $0 == 0x20 }
    let isBracketed = line[..<(rest.startIndex - uniqueWord.count)].last == 0x28
    if isBracketed, let end = name.lastIndex(of: 0x29) { name = name[..<end] }
    return name.isEmpty ? nil : Array(name)
  }

  private static func text(behind word: [UInt8], in line: [UInt8]) -> ArraySlice<UInt8>? {
    guard line.count >= word.count else { return nil }
    let start = (0...(line.count - word.count)).first { line[$0...].starts(with: word) }
    return start.map { line[($0 + word.count)...] }
  }

  private static func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    let start = text.drop { $0 == 0x20 }
    guard let last = start.lastIndex(where: { $0 > 0x20 }) else { return [] }
    return start[...last]
  }
}

extension BidirectionalCollection<UInt8> {
  /// The longest end of the collection whose bytes all are as `isWanted` says.
  fileprivate func suffix(while isWanted: (UInt8) -> Bool) -> SubSequence {
    guard let last = lastIndex(where: { !isWanted($0) }) else { return self[...] }
    return self[index(after: last)...]
  }
}
