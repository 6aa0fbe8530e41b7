// What an operator may set of the files that are made.

extension ServerConfiguration {
  public struct Files: Sendable, Equatable {
    /// The permission bits new files and directories do not get; the process's own umask, which sessions may deviate from.
    public var umask: UInt32 = 0o022

    /// The name of the file in a directory that is shown to whoever comes there; nil: none is.
    public var message: String?

    public init() {}
  }
}
