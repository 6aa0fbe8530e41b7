// Log levels as numbers, which fit into an atomic. Sessions compare them at each command, so no list of all levels is made for that.

import Logging

extension Logger.Level {
  /// One more than the number of the highest level.
  package static let numbers = 7

  /// Its place among all levels, from 0.
  package var number: Int {
    switch self {
    case .trace: 0
    case .debug: 1
    case .info: 2
    case .notice: 3
    case .warning: 4
    case .error: 5
    case .critical: 6
    }
  }

  /// The level at a place; the highest for any number above.
  package init(number: Int) {
    switch number {
    case ...0: self = .trace
    case 1: self = .debug
    case 2: self = .info
    case 3: self = .notice
    case 4: self = .warning
    case 5: self = .error
    default: self = .critical
    }
  }
}
