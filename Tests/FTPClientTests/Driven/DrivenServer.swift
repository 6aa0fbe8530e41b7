// A server that does what bytes choose: it answers as it should until they say otherwise, and breaks the protocol in every way it can.

import Dispatch
import Glibc
import Synchronization

/// Listens at an address of its own in 127/8, so that thousands of runs do not use up the ports of one.
final class DrivenServer: Sendable {
  let choices: Choices
  let address: UInt32
  let port: UInt16
  private let listener: DrivenSocket
  private let group = DispatchGroup()
  private let state = Mutex<(sockets: [DrivenSocket], isOver: Bool)>(([], false))
  private static let count = Atomic<UInt32>(0)
  private static let queue = DispatchQueue(label: "driven", attributes: .concurrent)

  init?(_ choices: Choices) {
    self.choices = choices
    // 127.1.0.1 and on.
    address = 0x7F01_0001 + Self.count.add(1, ordering: .relaxed).newValue % 0x00F0_0000
    guard let (listener, port) = DrivenSocket.listener(at: address) else { return nil }
    self.listener = listener
    self.port = port
  }

  func start() {
    Self.queue.async(group: group) { [self] in
      while !isOver {
        guard let socket = listener.accept() else { continue }
        guard keep(socket) else { return }
        Self.queue.async(group: group) { [self] in
          DrivenSession(self, socket).serve()
          socket.cut()
          forget(socket)
        }
      }
    }
  }

  /// Cuts all connections and waits until nobody is served any more.
  func stop() {
    let sockets = state.withLock { state in
      state.isOver = true
      return state.sockets
    }
    listener.cut()
    for socket in sockets { socket.cut() }
    group.wait()
  }

  private var isOver: Bool { state.withLock { $0.isOver } }

  /// Has ``stop()`` know of a socket.
  ///
  /// - Returns: false where all is over.
  func keep(_ socket: DrivenSocket) -> Bool {
    state.withLock { state in
      if state.isOver { return false }
      state.sockets.append(socket)
      return true
    }
  }

  func forget(_ socket: DrivenSocket) { state.withLock { $0.sockets.removeAll { $0 === socket } } }
}
