// The name under which what came of a broken upload is kept.

import FTPProtocol
import Jail

public enum PartialName {
  private static let suffix = Array(".part".utf8)

  /// That of the file `name`: `.weftpd-NAME.part`; nil where it would be too long for a file system.
  public static func of(_ name: some Collection<UInt8>) -> [UInt8]? {
    let count = Jail.pendingBytes.count + name.count + suffix.count
    guard !name.isEmpty, count <= VirtualPath.componentLimit else { return nil }
    var whole: [UInt8] = []
    whole.reserveCapacity(count)
    whole.append(contentsOf: Jail.pendingBytes)
    whole.append(contentsOf: name)
    whole.append(contentsOf: suffix)
    return whole
  }

  /// Where what is kept of the file `path` is, for the server's own use.
  public static func path(of path: VirtualPath) -> VirtualPath? {
    guard let name = path.lastComponent.flatMap({ of($0) }) else { return nil }
    return try? path.parent.resolving(Array("./".utf8) + name)
  }
}
