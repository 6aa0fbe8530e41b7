// Takes words off the front of a line.

extension ArraySlice<UInt8> {
  /// Takes blanks and the word behind them off the front.
  ///
  /// - Returns: nil, with nothing left, if there are only blanks.
  mutating func takeWord() -> ArraySlice<UInt8>? {
    self = drop { $0 == 0x20 }
    guard !isEmpty else { return nil }
    let word = prefix { $0 != 0x20 }
    self = self[word.endIndex...]
    return word
  }
}
