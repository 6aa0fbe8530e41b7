// What an operator may set of uploads: how they take their names, and when they count as done.

extension ServerConfiguration {
  public struct Uploads: Sendable, Equatable {
    /// How an upload takes its name.
    public enum Mode: String, Sendable, CaseIterable {
      /// The file has its old contents until the new ones are whole.
      case atomic
      /// The file grows under its name while it comes.
      case direct
    }

    /// When an upload counts as done.
    public enum Durability: String, Sendable, CaseIterable {
      /// When contents and name are on the disk.
      case commit
      /// When the system has taken them.
      case relaxed
    }

    public var mode = Mode.atomic
    /// Virtual directories where uploads are direct, whatever ``mode`` says.
    public var directIn: [String] = []
    public var durability = Durability.commit
    /// How long what came of a broken upload is kept; zero: not at all.
    public var keepsPartials: Duration = .seconds(48 * 3600)
    /// How many of them are kept of one user's uploads; the oldest goes first.
    public var partialLimit = 100
    /// Bytes that ALLO may reserve for one upload; beyond that it finds room as it comes.
    public var reservation: UInt64 = 1 << 30
    /// Whether mode, owner, access control list and extended attributes of a replaced file stay.
    public var keepsAttributes = true

    public init() {}
  }
}
