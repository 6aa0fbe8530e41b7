// What is asked of an upload's file besides its bytes.

/// How an upload's file is made and named.
public struct UploadOptions: Sendable, Hashable {
  /// What is left of an upload that breaks off.
  public enum Remainder: Sendable {
    /// Nothing.
    case nothing
    /// What came before the last restart marker that was answered.
    case toMarker
    /// All that has come: the bytes that come are the bytes of the file.
    case everything
  }

  /// The permission bits of a new file; nil for the system's.
  public var mode: UInt32?
  /// The name must be free when the upload ends (STOU).
  public var isExclusive = false
  public var remainder = Remainder.toMarker
  /// The upload is done only when it is on the disk.
  public var isDurable = false
  /// A replaced file's mode, owner, access control list and extended attributes go to the new one.
  public var carriesAttributes = true

  public init(mode: UInt32? = nil) { self.mode = mode }
}

/// The name under which what came of a broken upload is kept.
public enum PartialName {
  /// That of the file `name`: `.weftpd-NAME.part`; nil where it would be too long for a file system.
  public static func of(_ name: some Collection<UInt8>) -> [UInt8]? {
    let (prefix, suffix) = (Array(".weftpd-".utf8), Array(".part".utf8))
    guard !name.isEmpty, prefix.count + name.count + suffix.count <= 255 else { return nil }
    return prefix + name + suffix
  }
}
