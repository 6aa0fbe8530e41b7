// The one error of this module.

/// Why privileges could not be given up as planned. The daemon must not serve then.
public struct PrivilegeError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(description: String) { self.description = description }
}
