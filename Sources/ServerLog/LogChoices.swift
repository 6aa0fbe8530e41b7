// What an operator may choose of the log: the form of its lines and where they go.

import LinuxSystem

/// How a log line is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// One line for people.
  case text
  /// One JSON object a line.
  case json
}

/// Where log lines go.
public enum LogTarget: String, Sendable, CaseIterable {
  /// The journal when standard error leads there, else standard error.
  case automatic = "auto"
  /// Standard error, in the form of `log.format`.
  case standardError = "stderr"
  /// The journal, with fields.
  case journal
  /// A syslog server: `log.syslog`.
  case syslog
}

/// Where a syslog server listens.
public enum SyslogAddress: Sendable, Equatable, CustomStringConvertible {
  /// A datagram socket of this machine.
  case local(String)
  /// UDP (RFC 5426).
  case udp(SocketAddress)

  /// Reads an absolute path or `192.0.2.1:514`.
  public init?(_ text: String) {
    if text.hasPrefix("/"), text.utf8.count <= 107 {
      self = .local(text)
    } else if let address = SocketAddress(text), address.port > 0 {
      self = .udp(address)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .local(let path): path
    case .udp(let address): "\(address)"
    }
  }
}
