// The name under which what came of a broken upload is kept.

import FTPProtocol
import Jail

public enum PartialName {
  /// That of the file `name`: `.weftpd-NAME.part`; nil where it would be too long for a file system.
  public static func of(_ name: some Collection<UInt8>) -> [UInt8]? {
    let (prefix, suffix) = (Array(Jail.pendingPrefix.utf8), Array(".part".utf8))
    guard !name.isEmpty, prefix.count + name.count + suffix.count <= VirtualPath.componentLimit else { return nil }
    return prefix + name + suffix
  }

  /// Where what is kept of the file `path` is, for the server's own use.
  public static func path(of path: VirtualPath) -> VirtualPath? {
    guard let name = path.lastComponent.flatMap({ of($0) }) else { return nil }
    return try? path.parent.resolving(Array("./".utf8) + name)
  }
}
