// Text in columns of a terminal: how wide it is, and how it is cut to fit.

/// A text that no terminal obeys, measured in columns.
struct DisplayText {
  /// How many columns a character takes: 0 for marks that join others, 2 for those of East Asian scripts and pictures.
  static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20...0x7E: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }

  static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns($1) } }

  /// Where a text that is too long is cut.
  enum Cut {
    case end
    /// The end tells most, as of a path.
    case start
  }

  /// `text` in exactly `width` columns.
  static func fit(_ text: String, _ width: Int, cut: Cut = .end, right: Bool = false) -> String {
    let have = columns(text)
    if have > width {
      guard width > 0 else { return "" }
      let kept = cut == .end ? prefix(text, width - 1) : suffix(text, width - 1)
      let filler = String(repeating: " ", count: width - 1 - columns(kept))
      return cut == .end ? kept + "…" + filler : "…" + kept + filler
    }
    let filler = String(repeating: " ", count: width - have)
    return right ? filler + text : text + filler
  }

  private static func prefix(_ text: String, _ width: Int) -> String {
    var (kept, used) = (String.UnicodeScalarView(), 0)
    for scalar in text.unicodeScalars {
      used += columns(scalar)
      if used > width { break }
      kept.append(scalar)
    }
    return String(kept)
  }

  private static func suffix(_ text: String, _ width: Int) -> String {
    var (kept, used): ([Unicode.Scalar], Int) = ([], 0)
    for scalar in text.unicodeScalars.reversed() {
      used += columns(scalar)
      if used > width { break }
      kept.append(scalar)
    }
    var view = String.UnicodeScalarView()
    // A mark must not join the sign that stands for what is cut off.
    for scalar in kept.reversed().drop(while: { columns($0) == 0 }) { view.append(scalar) }
    return String(view)
  }
}
