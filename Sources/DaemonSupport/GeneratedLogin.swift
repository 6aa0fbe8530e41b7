// Shows a person the login that was made for them, ready to paste into a client.

import LinuxSystem
import SafeText

/// A generated password with what is needed to use it. It is shown once, on standard error, and is in no log.
public struct GeneratedLogin: Sendable {
  private let user: String
  private let password: String
  private let address: SocketAddress

  /// - Parameter address: The first address the server listens on; a wildcard is shown as the loopback address.
  public init(user: String, password: SingleUserPassword, address: SocketAddress) {
    self.user = user
    self.password = String(decoding: password.bytes, as: UTF8.self)
    self.address = address.reachable
  }

  /// `ftp://alice@127.0.0.1:2121/` (RFC 1738, 3.2), without the password, because programs keep URLs in histories.
  var url: String { "ftp://\(Self.percentEncoded(user))@\(address)/" }

  /// A block for a terminal.
  public var text: String {
    """

      URL       \(url)
      Host      \(address.address)
      Port      \(address.port)
      User      \(user)
      Password  \(password)


    """
  }

  /// The same as one line of JSON, for a standard error that has nothing else.
  public var json: String {
    var line = SafeLine()
    line.append("{\"timestamp\":\"")
    line.append(timestamp: WallClock.nanoseconds)
    line.append("\",\"level\":\"notice\",\"message\":\"generated password\"")
    for (key, value) in [("url", url), ("user", user), ("password", password)] {
      line.append(trusted: ",\"\(key)\":")
      line.appendJSON(Array(value.utf8))
    }
    line.append("}\n")
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private static func percentEncoded(_ text: String) -> String {
    var line = SafeLine()
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: line.bytes.append(byte)
      default:
        line.append("%")
        line.appendHex(UInt32(byte), digits: 2)
      }
    }
    return String(decoding: line.bytes, as: UTF8.self)
  }
}
