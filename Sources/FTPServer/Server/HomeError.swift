// Why a home or a mounted tree is not served.

import LinuxSystem

/// What is wrong with a directory that was to become a session's root.
enum HomeError: Error, CustomStringConvertible {
  case cannotOpen(SystemError)
  /// It is none of the places homes may be in; see ``AccountSource/roots``.
  case outsideRoots
  /// Landlock was fixed at the start without it; with words that follow the path.
  case confined(String)

  /// For the operator.
  var description: String {
    switch self {
    case .cannotOpen(let error): "\(error)"
    case .confined(let advice): "it \(advice)"
    case .outsideRoots:
      "it is outside accounts.roots; move it beneath one of them, or add its directory and restart weftpd"
    }
  }
}
