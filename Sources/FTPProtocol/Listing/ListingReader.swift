// Cuts the bytes of a data connection into the lines of a listing and reads them, for a client.

/// The listing parser of a client; bytes go in as they arrive, cut anywhere, and lines come out.
///
/// Lines end in CR LF or in a bare LF; a CR elsewhere belongs to the name. The result does not depend on how the bytes were cut. No
/// more is held than what was appended last and one line.
public struct ListingReader: Sendable {
  /// What was asked for.
  public enum Form: Sendable, Hashable {
    /// MLSD (RFC 3659 §7).
    case machine
    /// LIST. `now` is seconds since 1970, for dates without a year.
    case list(now: Int64)
    /// NLST: names and nothing else.
    case names
  }

  /// Why a listing cannot be read.
  public enum ReadError: Error, Sendable, Hashable {
    /// A line passed the limit. The error is final.
    case lineTooLong
  }

  private let form: Form
  private let lineLimit: Int
  /// Bytes that were not made into lines yet: those from `head` on.
  private var buffer: [UInt8] = []
  private var head = 0
  /// Up to here no LF was found.
  private var searched = 0
  private var hasFailed = false

  /// - Parameters:
  ///   - form: by which command the listing was asked for.
  ///   - lineLimit: the most bytes of a line, with its line end.
  public init(_ form: Form, lineLimit: Int = 65536) {
    self.form = form
    self.lineLimit = max(lineLimit, 2)
  }

  /// Takes bytes as they came from the connection. Call ``next()`` until it gives nil before reading more.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if hasFailed { return }
    if head > 0 {
      buffer.removeFirst(head)
      searched -= head
      head = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next line, or nil if that needs more bytes.
  ///
  /// - Throws: ``ReadError/lineTooLong``; again at every later call.
  public mutating func next() throws(ReadError) -> ListedLine? {
    if hasFailed { throw .lineTooLong }
    let end = buffer.withUnsafeBytes { ByteScan.first(0x0A, in: $0, from: searched) }
    guard (end ?? buffer.count) - head < lineLimit else {
      hasFailed = true
      buffer = []
      throw .lineTooLong
    }
    guard let end else {
      searched = buffer.count
      return nil
    }
    let line = buffer[head..<end]
    head = end + 1
    searched = head
    return read(line.last == 0x0D ? line.dropLast() : line)
  }

  /// The line that the end of the connection cut off, if there is one. To be called when all has come.
  public mutating func finish() throws(ReadError) -> ListedLine? {
    if let line = try next() { return line }
    guard head < buffer.count else { return nil }
    let line = buffer[head...]
    head = buffer.count
    searched = head
    return read(line.last == 0x0D ? line.dropLast() : line)
  }

  private func read(_ line: ArraySlice<UInt8>) -> ListedLine {
    switch form {
    case .list(let now):
      return ListingParser(now: now).parse(line)
    case .names:
      return line.isEmpty ? .blank : .entry(ListedEntry(name: Array(line), kind: .unknown))
    case .machine:
      if line.isEmpty { return .blank }
      return ListedEntry(machineLine: line).map { .entry($0) } ?? .noise
    }
  }
}
