// Whoever sits at the terminal, if there is anybody.

import Glibc
import LinuxSystem

enum Person {
  /// Asks a question that is answered with yes or no; nil where there is no terminal.
  static func accepts(_ question: String) -> Bool? {
    guard isatty(0) == 1, isatty(2) == 1 else { return nil }
    Output.write(2, Array("\(question) [y/N] ".utf8))
    guard let line = Swift.readLine() else { return false }
    return ["y", "yes"].contains(line.lowercased())
  }
}
