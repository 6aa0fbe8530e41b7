// What the console can be told: where it listens, which weftpd it is for, and who its operators are.

import FTPClient
import LinuxSystem

/// Where browsers, or a proxy with TLS in front of the console, connect.
public enum ListenPlace: Sendable, Hashable {
  /// An address of the loopback network; port 0: any.
  case loopback(SocketAddress)
  /// A Unix socket that is made with mode 0660.
  case unix(String)
  /// A listening socket that a service manager has made.
  case inherited(Int32)

  /// Reads `127.0.0.1:8021`, `[::1]:8021` or `unix:/run/weftpd/console/http`.
  public init?(_ text: String) {
    if text.hasPrefix("unix:/") {
      self = .unix(String(text.dropFirst(5)))
    } else if let address = SocketAddress(text), address.address.isLoopback {
      self = .loopback(address)
    } else {
      return nil
    }
  }
}

/// The choices of an operator, as plain values.
public struct ConsoleOptions: Sendable {
  public var listen = ListenPlace.loopback(SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0))
  /// Further origins by which browsers may reach the console, such as `https://console.example.net`.
  public var origins: [String] = []
  /// Believes the last address of `X-Forwarded-For`: only right behind a proxy that sets it.
  public var believesForwarded = false
  /// weftpd's control socket; nil: there are no pages for operators.
  public var control: String?
  /// weftpd's Unix socket for FTP (`proxy.socket`), by which it is told the browser's address; nil: it is reached by TCP.
  public var ftpSocket: String?
  /// weftpd's own address for FTP.
  public var ftpHost = "127.0.0.1"
  public var ftpPort: UInt16 = 21
  public var ftpSecurity = ClientOptions.Security.off
  /// The address connections to weftpd come from, and begin with a PROXY line; nil: no such line is sent.
  public var ftpSource: IPAddress?
  /// Users of weftpd that become operators when they log in with a one-time code.
  public var operators: Set<String> = []
  /// Where `weftpd-console link` asks for one-time links; nil: nowhere.
  public var linkSocket: String?
  /// The directory of the page's files.
  public var pages = "/usr/local/share/weftpd/console"
  /// A login ends when it was not used for so long, and after ``loginLife`` in any case.
  public var loginIdle = Duration.seconds(15 * 60)
  public var loginLife = Duration.seconds(12 * 3600)
  /// Connections of browsers at one time.
  public var connections = 200

  public init() {}
}

/// What keeps the console from starting, for a person.
public struct ConsoleError: Error, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
