// A descriptor in a class: the macros of a test cannot capture one that is not copyable.

import LinuxSystem

/// A descriptor that closes with its last reference.
public final class Held: Sendable {
  /// The descriptor itself, for calls that borrow one.
  public let descriptor: Descriptor
  /// Its number.
  public let number: Int32

  /// Takes the descriptor over.
  public init(_ descriptor: consuming Descriptor) {
    number = descriptor.number
    self.descriptor = consume descriptor
  }

  /// Takes over a descriptor that is known by its number.
  public convenience init(owning number: Int32) { self.init(Descriptor(owning: number)) }
}
