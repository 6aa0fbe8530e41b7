// Makes a session's data connections, passive or active, and keeps to the peer policy.

import FTPProtocol
import Glibc
import LinuxSystem
import Logging
import Reactor

extension Session {
  var peerPolicy: PeerPolicy { PeerPolicy(client: control.peer.address) }

  /// Gets a listener for PASV or EPSV. There is one at a time: an earlier one is given up.
  func openPassivePort() throws(FTPError) -> PassiveListener {
    discardDataPort()
    let expires = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    do {
      let local = try control.localAddress()
      let listener = try context.passivePool.lease(
        on: local.address, ports: configuration.passivePorts, expires: expires)
      dataPort = .passive(listener)
      return listener
    } catch {
      context.logger.event(.error, "no passive port: \(error)", record(result: 425))
      throw .noDataConnection(
        error.code == EADDRINUSE
          ? "No passive port is free. Try again later." : "Cannot open a passive port: \(error.reason).")
    }
  }

  /// Forgets PASV or PORT; a listener that was waiting is closed.
  func discardDataPort() {
    if case .passive(let listener) = dataPort { context.passivePool.giveUp(listener) }
    dataPort = .none
  }

  /// The passive data connection if the client has made it already; no waiting.
  func acceptDataConnectionNow() throws(FTPError) -> DataConnection? {
    guard case .passive(let listener) = dataPort else { return nil }
    do {
      while let (number, peer) = try Socket.accept(listener.number) {
        let socket = Descriptor(owning: number)
        if peerPolicy.admits(peer.address) {
          context.passivePool.giveBack(listener)
          dataPort = .none
          return DataConnection(socket: socket, peer: peer)
        }
        context.logger.event(
          .warning, "refused a data connection from \(peer.address), which is not the client's", record())
      }
      return nil
    } catch {
      discardDataPort()
      throw .noDataConnection("Cannot accept the data connection: \(error.reason).")
    }
  }

  /// Waits for the client's passive connection, or connects to the client. 150 has been sent.
  func awaitDataConnection() async throws(FTPError) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: configuration.timeouts.dataConnect.inNanoseconds)
    switch dataPort {
    case .none: throw .noDataConnection("Use PASV, EPSV, PORT or EPRT first.")
    case .passive(let listener):
      while true {
        if let connection = try acceptDataConnectionNow() { return connection }
        do {
          try await waitForData(listener.number, .readable, deadline: deadline)
        } catch {
          discardDataPort()
          guard case .transferBroken(let text) = error, text == Self.stalled else { throw error }
          throw .noDataConnection("No data connection came to the passive port in time.")
        }
      }
    case .active(let target):
      dataPort = .none
      return try await connect(to: target, deadline: deadline)
    }
  }

  private func connect(to target: SocketAddress, deadline: MonotonicTime) async throws(FTPError) -> DataConnection {
    do {
      let family = target.address.family
      let socket = try Socket.stream(family)
      // From the address the client knows us by, or its firewall will not let us in.
      let local = try control.localAddress()
      if local.address.family == family {
        try Socket.bind(socket, to: SocketAddress(local.address, port: 0), family: family)
      }
      if try !Socket.connect(socket, to: target, family: family) {
        do {
          try await waitForData(socket.number, .writable, deadline: deadline)
        } catch {
          guard case .transferBroken(let text) = error, text == Self.stalled else { throw error }
          throw FTPError.noDataConnection("Connecting to \(target) timed out.")
        }
        if let error = Socket.pendingError(socket.number) { throw error }
      }
      return DataConnection(socket: socket, peer: target)
    } catch let error as FTPError {
      throw error
    } catch let error as SystemError {
      throw .noDataConnection("Cannot connect to \(target): \(error.reason).")
    } catch {
      throw .noDataConnection("Cannot connect to \(target).")
    }
  }
}
