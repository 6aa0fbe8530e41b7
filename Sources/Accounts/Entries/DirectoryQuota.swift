// How much may lie beneath one directory of a user, as the option `directory-quotas` writes it.

import FTPProtocol

/// A limit on what is beneath a directory.
public struct DirectoryQuota: Sendable, Hashable {
  /// The directory as the user sees it.
  public let path: VirtualPath
  /// Bytes of all files together; nil: as many as there is room for.
  public let bytes: UInt64?
  /// How many files; nil: any number.
  public let files: UInt64?

  /// Reads `/PATH=SIZE`, `/PATH=SIZE/FILES` or `/PATH=none/FILES`, several with `;` between them. No directory is named twice.
  ///
  /// - Returns: nil if `text` is something else.
  public static func list(_ text: String) -> [DirectoryQuota]? {
    var quotas: [DirectoryQuota] = []
    for item in text.split(separator: ";", omittingEmptySubsequences: false) {
      guard let sign = item.lastIndex(of: "="), item.hasPrefix("/"),
        let path = try? VirtualPath(Array(item[..<sign].utf8)), !quotas.contains(where: { $0.path == path })
      else { return nil }
      let parts = item[item.index(after: sign)...].split(separator: "/", omittingEmptySubsequences: false)
        .map(String.init)
      guard parts.count <= 2 else { return nil }
      let bytes = parts[0] == "none" ? nil : OptionText.size(parts[0])
      let files = parts.count == 2 ? OptionText.number(parts[1]) : nil
      guard bytes != nil || parts[0] == "none", files != nil || parts.count == 1, bytes != nil || files != nil else {
        return nil
      }
      quotas.append(DirectoryQuota(path: path, bytes: bytes, files: files))
    }
    return quotas
  }
}
