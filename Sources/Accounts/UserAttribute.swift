// The key=value options an entry of the user table may carry: every key once, with what its value must look like.

/// One option of a user table's entry, beside `ro` and `rw`.
public struct UserAttribute: Sendable {
  /// As it is written, for example `account`.
  public let key: String
  /// What a value must look like; follows "expected".
  public let expected: String
  /// What the option does, one sentence.
  public let meaning: String
  let isValid: @Sendable (String) -> Bool

  /// Every option that is understood, in alphabetical order. A value holds no comma and no colon: those separate fields.
  ///
  /// An option that is not obeyed must not look as if it were, so a key that is not here is an error.
  public static let all: [UserAttribute] = []

  static let byKey: [String: UserAttribute] = Dictionary(all.map { ($0.key, $0) }) { first, _ in first }
}
