// The trees a user may change to with SMNT, as the option `mounts` of the user table writes them.

/// A tree beside the user's home.
public struct MountPoint: Sendable, Hashable {
  /// What SMNT calls it: without `/`.
  public let name: String
  /// Absolute path on the host.
  public let path: String

  /// Reads `NAME=/PATH;NAME=/PATH`. Names are unique. A path cannot contain `;`, nor anything a home must not contain.
  ///
  /// - Returns: nil if `text` is something else.
  public static func list(_ text: String) -> [MountPoint]? {
    var points: [MountPoint] = []
    for item in text.split(separator: ";", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("/"), UserEntry.problem(ofHome: parts[1]) == nil,
        !points.contains(where: { $0.name == parts[0] })
      else { return nil }
      points.append(MountPoint(name: parts[0], path: parts[1]))
    }
    return points
  }
}
