// The socket at which the client waits for the server's data connection in active mode.

import Glibc
import LinuxSystem
import MultipathTCP

/// A listening socket for one data connection. It stays open as long as the connection: further paths join there.
final class ActiveListener {
  private let socket: Descriptor
  let number: Int32
  let local: SocketAddress
  let isMultipath: Bool

  /// Listens at `address`.
  ///
  /// - Parameter ports: tried from a random one on, since others may have theirs in the same range; nil: any.
  /// - Throws: ``ClientError/Code/dataConnection`` when none is free.
  init(on address: IPAddress, ports: ClosedRange<UInt16>?, policy: MultipathPolicy) throws(ClientError) {
    var made: MadeSocket?
    var last: MultipathError?
    let count = ports.map(\.count) ?? 1
    let first = Int.random(in: 0..<count)
    for index in 0..<count where made == nil {
      let port = ports.map { $0.lowerBound + UInt16(truncatingIfNeeded: (first + index) % count) } ?? 0
      do throws(MultipathError) {
        made = try MultipathSocket.listen(on: SocketAddress(address, port: port), policy: policy, backlog: 4)
      } catch {
        last = error
        // Another port does not help against anything else.
        guard error.errno == EADDRINUSE || error.errno == EACCES else { break }
      }
    }
    guard let made else {
      throw ClientError(.dataConnection, "cannot listen for data: \(last.map { "\($0)" } ?? "no port")", cause: last)
    }
    isMultipath = made.kind == .multipath
    number = made.number
    do throws(SystemError) { local = try Socket.localAddress(made.number) } catch {
      throw ClientError(.dataConnection, "cannot listen for data: \(error)", cause: error)
    }
    socket = made.takeDescriptor()
  }

  /// The next connection that waits here; nil when none does.
  func accept() throws(ClientError) -> (number: Int32, peer: SocketAddress)? {
    do throws(SystemError) { return try Socket.accept(number) } catch {
      throw ClientError(.dataConnection, "no data connection could be accepted: \(error.reason)", cause: error)
    }
  }
}
