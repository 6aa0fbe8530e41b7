// Directories of a user that lie elsewhere on the host, as the option `directories` writes them.

import FTPProtocol

/// A directory beneath a user's `/` that is another tree of the host. Unlike a mount of SMNT, it is seen in listings.
public struct VirtualDirectory: Sendable, Hashable {
  /// Where the user sees it; not `/` itself.
  public let path: VirtualPath
  /// Absolute path on the host.
  public let target: String
  /// Whether nothing may be changed there, whatever the user may elsewhere.
  public let isReadOnly: Bool

  /// Reads `NAME=/PATH`, or `NAME=/PATH=ro`, several with `;` between them. A name may be a path. No name is beneath another one.
  ///
  /// - Returns: nil if `text` is something else.
  public static func list(_ text: String) -> [VirtualDirectory]? {
    var list: [VirtualDirectory] = []
    for item in text.split(separator: ";", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard (2...3).contains(parts.count), parts.count == 2 || ["ro", "rw"].contains(parts[2]),
        let path = try? VirtualPath(Array(parts[0].utf8)), !path.isRoot, UserEntry.problem(ofHome: parts[1]) == nil,
        !list.contains(where: { $0.path.isWithin(path) || path.isWithin($0.path) })
      else { return nil }
      list.append(VirtualDirectory(path: path, target: parts[1], isReadOnly: parts.last == "ro"))
    }
    return list
  }
}
