// Listening sockets that the service manager opened and handed over: which there are, and whether they can be used.

import FTPServer
import Glibc
import LinuxSystem

/// The sockets of socket activation. Source: sd_listen_fds(3).
public enum InheritedSockets {
  /// Environment variables of the protocol; they must not reach the processes we start.
  public static let environmentNames = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

  /// One inherited socket that was found good.
  public struct Item: Sendable, Equatable {
    public let number: Int32
    public let security: ListenerSecurity
    public let stream: StreamProtocol
    /// Its name, if an earlier process of the service had the manager keep it; nil for one of a socket unit.
    public let keptAs: String?

    public init(number: Int32, security: ListenerSecurity, stream: StreamProtocol, keptAs: String? = nil) {
      (self.number, self.security, self.stream, self.keptAs) = (number, security, stream, keptAs)
    }
  }

  /// By what name the manager keeps the listener of an address. Names have no colon.
  public static func storeName(_ address: SocketAddress) -> String {
    storePrefix + "\(address)".replacing(":", with: "_")
  }

  private static let storePrefix = "weftpd.listener."

  /// What is wrong with what was handed over, all of it.
  public struct Refusal: Error, Sendable, CustomStringConvertible {
    public let problems: [String]

    public init(problems: [String]) { self.problems = problems }

    public var description: String { problems.joined(separator: "\n") }
  }

  /// The sockets this process was given; empty when it was given none.
  ///
  /// What an earlier process had the service manager keep comes with ``Item/keptAs``; the settings say what holds for it. Of socket units,
  /// `ftp` and `control` are listeners of control connections, and so are nameless ones; `ftps` is one with implicit TLS.
  /// - Parameter first: The number of the first descriptor; SD_LISTEN_FDS_START.
  /// - Throws: when any of them cannot be used; serving only the rest would hide that.
  public static func take(
    environment: [String: String], processID: Int32 = getpid(), first: Int32 = 3
  ) throws(Refusal) -> [Item] {
    guard let text = environment["LISTEN_FDS"] else { return [] }
    if let owner = environment["LISTEN_PID"], Int32(owner) != processID { return [] }
    guard let count = Int32(text), (0...1024).contains(count) else {
      throw Refusal(problems: ["LISTEN_FDS is '\(text)'; expected the number of sockets handed over"])
    }
    let names = environment["LISTEN_FDNAMES"].map { $0.split(separator: ":", omittingEmptySubsequences: false) } ?? []
    var items: [Item] = []
    var problems: [String] = []
    for index in 0..<Int(count) {
      let name = index < names.count ? String(names[index]) : ""
      let number = first + Int32(index)
      do throws(Refusal) {
        let isStored = name.hasPrefix(storePrefix)
        items.append(
          Item(
            number: number, security: isStored ? .explicit : try security(name, number),
            stream: try stream(name, number), keptAs: isStored ? name : nil))
      } catch {
        problems += error.problems
      }
    }
    if !problems.isEmpty { throw Refusal(problems: problems) }
    return items
  }

  private static func security(_ name: String, _ number: Int32) throws(Refusal) -> ListenerSecurity {
    switch name {
    case "ftps": return .implicit
    // systemd calls a socket without FileDescriptorName= after its unit, or `unknown`.
    case "ftp", "control", "", "unknown", "weftpd.socket": return .explicit
    default:
      throw refusal(
        name, number, "has an unknown name: set FileDescriptorName=ftp, or ftps for implicit TLS")
    }
  }

  private static func stream(_ name: String, _ number: Int32) throws(Refusal) -> StreamProtocol {
    let kind: SocketKind
    do throws(SystemError) {
      kind = try SocketKind(of: number)
    } catch {
      throw refusal(name, number, "is not a socket (\(error.reason)): use only ListenStream= in the socket unit")
    }
    guard kind.domain == AF_INET || kind.domain == AF_INET6 else {
      throw refusal(name, number, "is not an IP socket: ListenStream= needs an address and a port, such as 0.0.0.0:21")
    }
    guard kind.type == Int32(SOCK_STREAM.rawValue) else {
      throw refusal(name, number, "is not a stream socket: use ListenStream=, not ListenDatagram=")
    }
    guard let stream = kind.stream else {
      throw refusal(name, number, "uses neither TCP nor multipath TCP: leave SocketProtocol= out, or set it to mptcp")
    }
    guard kind.isListening else {
      throw refusal(name, number, "is a connection and not a listener: set Accept=no in the socket unit")
    }
    return stream
  }

  private static func refusal(_ name: String, _ number: Int32, _ text: String) -> Refusal {
    Refusal(problems: ["inherited socket \(number)\(name.isEmpty ? "" : " '\(name)'") \(text)"])
  }
}
