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
