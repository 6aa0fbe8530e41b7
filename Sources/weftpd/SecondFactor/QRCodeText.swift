// Shows a QR code in a terminal: two modules in one character, dark on light whatever the terminal's own colours are.

extension QRCode {
  /// The code with its quiet zone of four modules (ISO/IEC 18004, section 6.3.8), a line for two rows of modules.
  /// - Parameter colours: sets black on white by escape sequences; without, the text is right on a light background only.
  public func text(colours: Bool) -> String {
    var text = ""
    for row in stride(from: -4, to: size + 4, by: 2) {
      if colours { text += "\u{1B}[38;5;16;48;5;231m" }
      for column in -4..<size + 4 {
        switch (self[column, row], self[column, row + 1]) {
        case (true, true): text += "█"
        case (true, false): text += "▀"
        case (false, true): text += "▄"
        case (false, false): text += " "
        }
      }
      text += colours ? "\u{1B}[0m\n" : "\n"
    }
    return text
  }
}
