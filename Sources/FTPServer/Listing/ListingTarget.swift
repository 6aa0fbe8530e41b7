// What the argument of LIST and NLST means: a name, or else a pattern for the names of the directory above; and what goes in front of them.

import FTPProtocol

/// The argument of LIST or NLST, read in both ways. Which one holds the file system tells: a name that exists goes before the pattern.
struct ListingTarget {
  /// What goes in front of the names in the directory that is called so, so that each works in RETR (RFC 1123, section 4.1.2.7).
  let prefix: [UInt8]
  /// The last component as a pattern; nil if it has no wildcards.
  let pattern: Glob?
  /// What goes in front of the names that match ``pattern``.
  let patternPrefix: [UInt8]

  /// - Parameters:
  ///   - argument: the path as the client wrote it, which its names begin with.
  ///   - path: the same, resolved.
  init(argument: [UInt8], path: VirtualPath) {
    prefix = Self.directoryPrefix(argument)
    guard let last = path.lastComponent.map({ Array($0) }), Glob.hasMagic(last) else {
      (pattern, patternPrefix) = (nil, [])
      return
    }
    pattern = Glob(last)
    patternPrefix = Self.prefix(before: last, in: argument) ?? Self.directoryPrefix(path.parent.bytes)
  }

  private static func directoryPrefix(_ path: [UInt8]) -> [UInt8] {
    if path == Array(".".utf8) || path == Array("./".utf8) { return [] }
    return path.last.map { $0 == 0x2F } ?? true ? path : path + [0x2F]
  }

  /// What stands before the last component `name`; nil where the text ends in another one, as `a*/b/..` does.
  private static func prefix(before name: [UInt8], in argument: [UInt8]) -> [UInt8]? {
    var end = argument.endIndex
    while end > 0, argument[end - 1] == 0x2F { end -= 1 }
    let start = (argument[..<end].lastIndex(of: 0x2F) ?? -1) + 1
    return argument[start..<end].elementsEqual(name) ? Array(argument[..<start]) : nil
  }
}
