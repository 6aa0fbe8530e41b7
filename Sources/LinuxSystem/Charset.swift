// Converts names between UTF-8 and the character set of an old client, with iconv(3) and without loss.

import CLinux
import Glibc
import Synchronization

/// A client's character set, for one session.
///
/// A character that the set lacks is written as `%` and two hexadecimal digits per byte, and a `%` before two such digits as `%25`.
/// So every name can be written in every character set, and no two names look the same. If a client sends bytes that its own set does
/// not have, they stay as they are. Not thread-safe: an iconv converter has state.
public final class Charset {
  private let encoder: UnsafeMutableRawPointer
  private let decoder: UnsafeMutableRawPointer

  /// - Parameter name: a name from `iconv --list`.
  /// - Returns: nil if the system has no such set, or if it is not usable (``isUsable(_:)``).
  public convenience init?(_ name: String) {
    guard Self.isUsable(name) else { return nil }
    self.init(opening: name)
  }

  private init?(opening name: String) {
    guard let encoder = weft_iconv_open(name, "UTF-8") else { return nil }
    guard let decoder = weft_iconv_open("UTF-8", name) else {
      weft_iconv_close(encoder)
      return nil
    }
    self.encoder = encoder
    self.decoder = decoder
  }

  deinit {
    weft_iconv_close(encoder)
    weft_iconv_close(decoder)
  }

  /// Whether each name asked for so far is usable. The first converters of a usable set are never closed, so that iconv keeps its
  /// tables: a daemon without privileges cannot load them later.
  private static let known = Mutex<[String: Bool]>([:])

  /// Whether `name` is a character set of this system that contains ASCII and has no state between characters.
  public static func isUsable(_ name: String) -> Bool {
    let isName =
      (1...40).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x2D, 0x2E, 0x5F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
      }
    guard isName else { return false }
    if let answer = known.withLock({ $0[name] }) { return answer }
    let answer = Self(opening: name).map { $0.isSound } ?? false
    if answer, let kept = Self(opening: name) { _ = Unmanaged.passRetained(kept) }
    known.withLock { $0[name] = answer }
    return answer
  }

  /// Whether ASCII stays the same in both directions, and no other character produces control characters (ESC, SO, SI).
  private var isSound: Bool {
    let ascii = Array(UInt8(0x20)...0x7E)
    guard convert(ascii, encoder) == ascii, convert(ascii, decoder) == ascii else {
      return false
    }
    return ["\u{E9}", "\u{3042}", "\u{AC00}", "\u{4E00}", "\u{416}"].allSatisfy { sample in
      convert(Array(sample.utf8), encoder)?.allSatisfy { $0 >= 0x20 } ?? true
    }
  }

  /// Converts UTF-8, or whatever bytes a name on disk has, to the client's set, line by line.
  public func encode(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 0x80 && $0 != 0x25 }) { return bytes }
    var out: [UInt8] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      if index > 0 { out.append(0x0A) }
      out += encode(line: Array(line))
    }
    return out
  }

  /// Converts what the client sent to UTF-8, and escapes to their bytes.
  public func decode(_ bytes: [UInt8]) -> [UInt8] {
    let converted = bytes.allSatisfy { $0 < 0x80 } ? bytes : convertAll(bytes, decoder) { [$0] }
    guard converted.contains(0x25) else { return converted }
    var out: [UInt8] = []
    var index = 0
    while index < converted.count {
      if let byte = Self.escaped(converted, at: index) {
        out.append(byte)
        index += 3
      } else {
        out.append(converted[index])
        index += 1
      }
    }
    return out
  }

  private func encode(line: [UInt8]) -> [UInt8] {
    var literal: [UInt8] = []
    for index in line.indices {
      literal.append(line[index])
      if Self.escaped(line, at: index) != nil { literal += [0x32, 0x35] }
    }
    let encoded = convertAll(literal, encoder, escape: Self.escape)
    // Some sets have two codes for one character, or confuse two characters: a name that would not come back is sent escaped.
    return decode(encoded) == line
      ? encoded : literal.flatMap { $0 < 0x80 ? [$0] : Self.escape($0) }
  }

  /// Converts all of `bytes`; each byte that cannot be converted is replaced with `escape`.
  private func convertAll(
    _ bytes: [UInt8], _ converter: UnsafeMutableRawPointer, escape: (UInt8) -> [UInt8]
  ) -> [UInt8] {
    var out: [UInt8] = []
    var index = 0
    withRoom(for: bytes.count) { room in
      bytes.withUnsafeBytes { all in
        while index < all.count {
          let rest = UnsafeRawBufferPointer(rebasing: all[index...])
          guard let step = convert(rest, converter, into: room) else { return }
          out.append(contentsOf: room[..<step.produced])
          index += step.consumed
          if index < all.count {
            out += escape(all[index])
            index += 1
          }
        }
      }
    }
    return out
  }

  /// The beginning of `bytes` as far as it can be converted.
  private func convert(_ bytes: [UInt8], _ converter: UnsafeMutableRawPointer) -> [UInt8]? {
    withRoom(for: bytes.count) { room in
      bytes.withUnsafeBytes { convert($0, converter, into: room) }.map { Array(room[..<$0.produced]) }
    }
  }

  /// Provides four bytes for each byte, the length of the longest character in UTF-8.
  private func withRoom<Value>(for count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Value) -> Value {
    withUnsafeTemporaryAllocation(byteCount: count * 4 + 16, alignment: 1, body)
  }

  /// Converts `bytes` up to the first one that cannot be converted; nil if iconv needs more room.
  private func convert(
    _ bytes: UnsafeRawBufferPointer, _ converter: UnsafeMutableRawPointer, into room: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int)? {
    var (consumed, produced) = (0, 0)
    let result = weft_iconv(
      converter, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &consumed,
      room.baseAddress?.assumingMemoryBound(to: CChar.self), room.count, &produced)
    return result == -E2BIG ? nil : (consumed, produced)
  }

  private static func escape(_ byte: UInt8) -> [UInt8] {
    [0x25, hexDigit(byte >> 4), hexDigit(byte & 15)]
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 &+ value : 0x37 &+ value
  }

  /// The byte that `%XX` at `index` stands for; nil if there is none.
  private static func escaped(_ bytes: [UInt8], at index: Int) -> UInt8? {
    guard bytes[index] == 0x25, index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
      let low = hexValue(bytes[index + 2])
    else { return nil }
    return high << 4 | low
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x41...0x46: byte &- 0x37
    case 0x61...0x66: byte &- 0x57
    default: nil
    }
  }
}
