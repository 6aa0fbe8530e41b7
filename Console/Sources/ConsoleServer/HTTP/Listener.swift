// The listening socket: one on the loopback network, a Unix socket, or one that the service manager hands over.

import Glibc
import LinuxSystem

/// A socket that listens for browsers.
public struct Listener: Sendable {
  /// Open as long as the process lives.
  let number: Int32
  /// Where it listens, if that is an address.
  public let address: SocketAddress?

  /// The socket that systemd has made, if it has made one. Source: sd_listen_fds(3).
  public static func inherited() -> ListenPlace? {
    func value(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    guard value("LISTEN_PID") == Int(getpid()), value("LISTEN_FDS") == 1 else { return nil }
    return .inherited(3)
  }

  /// Opens, or takes over, what `place` says.
  ///
  /// - Throws: where it cannot be done, and for an inherited socket that others than this host could reach: there is no TLS here.
  public init(_ place: ListenPlace) throws {
    switch place {
    case .loopback(let wanted):
      let socket = try Socket.stream(wanted.address.family)
      try Socket.setOption(socket.number, SOL_SOCKET, SO_REUSEADDR, 1)
      try Socket.bind(socket, to: wanted, family: wanted.address.family)
      try Socket.listen(socket, backlog: 64)
      number = fcntl(socket.number, F_DUPFD_CLOEXEC, 3)
    case .unix(let path):
      let socket = try LocalSocket.listen(.stream, at: path, mode: 0o660)
      number = fcntl(socket.number, F_DUPFD_CLOEXEC, 3)
    case .inherited(let descriptor):
      number = descriptor
    }
    guard number >= 0 else { throw ConsoleError("no descriptor is left to listen with") }
    _ = fcntl(number, F_SETFD, FD_CLOEXEC)
    try Socket.setBlocking(number, false)
    if case .unix = place {
      address = nil
      return
    }
    // A Unix socket has no address of the Internet.
    address = try? Socket.localAddress(number)
    if let address, !address.address.isLoopback {
      throw ConsoleError(
        "\(address) can be reached from other hosts, and the console has no TLS: let it listen on the loopback network "
          + "or a Unix socket, behind a proxy that has")
    }
  }
}
