// Hands the server over to a successor that asks for it at the control socket (decision 0062).

import ControlProtocol
import Glibc
import LinuxSystem
import Logging

extension ControlServer {
  /// Whether a client is root or the server's own user. Only these may take this server's place: who does gets the sockets that passwords
  /// come by, so the group may not.
  func isOwner(_ watcher: Watcher) -> Bool { watcher.peer.user == 0 || watcher.peer.user == geteuid() }

  private func refused(_ why: ControlRefusal, _ text: String, _ id: UInt32, _ watcher: Watcher) {
    _ = watcher.post(ControlReply.refused(why, text).encoded(id: id))
  }

  /// Tells how the process was started.
  func tellOrigin(_ id: UInt32, _ watcher: Watcher) {
    guard isOwner(watcher) else {
      return refused(.notAllowed, "only root and the server's own user may take its place", id, watcher)
    }
    let origin = actions.origin
    guard origin.fits else {
      return refused(.failed, "its arguments and environment are too long to be told", id, watcher)
    }
    _ = watcher.post(ControlReply.origin(origin).encoded(id: id))
  }

  /// Gives a client copies of the listeners. Until it says that it is ready nothing changes here.
  func handOver(_ id: UInt32, _ watcher: Watcher) {
    guard isOwner(watcher) else {
      return refused(.notAllowed, "only root and the server's own user may take its place", id, watcher)
    }
    guard let (entry, listeners, others) = actions.inheritance() else {
      return refused(.unavailable, "it accepts nobody any more: it is ending, or has a successor already", id, watcher)
    }
    let descriptors = listeners + [listener.number] + others
    guard listeners.count <= ControlLimits.inherited else {
      return refused(.failed, "\(listeners.count) listeners are more than can be handed over", id, watcher)
    }
    logger.notice("\(watcher.name) begins to take over")
    do throws(SystemError) {
      // The box keeps bytes only. Whoever has just connected has room for a packet.
      let packet = ControlReply.inheritance(entry).encoded(id: id)
      guard case .moved = try LocalSocket.send(watcher.socket.number, packet, passing: descriptors) else {
        return refused(.failed, "the answer before has not been read", id, watcher)
      }
      watcher.own.isSuccessor = true
    } catch {
      refused(.failed, "the listeners cannot be handed over: \(error)", id, watcher)
    }
  }

  /// Receives a request of a successor, with what it gives; false when it is gone.
  func receiveGifts(_ watcher: Watcher, _ buffer: UnsafeMutableRawBufferPointer) throws -> Bool {
    var gifts = PassedDescriptors()
    let progress = try LocalSocket.receivePacket(watcher.socket.number, into: buffer, limit: 2, &gifts)
    guard case .moved(let count) = progress else { return true }
    if count == 0 { return false }
    let (id, request) = try ControlRequest.read(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    guard case .succeed(let process, let names) = request else {
      answer(request, id, watcher)
      return true
    }
    var index = 0
    var control: Descriptor?
    var hooks: Descriptor?
    if names.contains(.control) {
      control = gifts.take(index)
      index += 1
    }
    if names.contains(.hooks) { hooks = gifts.take(index) }
    complete(process, id, watcher, control, hooks)
    return true
  }

  private func complete(
    _ process: UInt32, _ id: UInt32, _ watcher: Watcher, _ control: consuming Descriptor?,
    _ hooks: consuming Descriptor?
  ) {
    guard let (first, sessions) = actions.succeed(by: process, hooks: hooks) else {
      return refused(.unavailable, "it accepts nobody any more: it is ending, or has a successor already", id, watcher)
    }
    do throws(SystemError) {
      if let control {
        try move(to: control)
        // The wait of now is still for what the number meant before.
        bell.ring()
      }
    } catch {
      logger.error("operators cannot reach this process any more: \(error)")
    }
    watcher.own.isSuccessor = false
    _ = watcher.post(
      ControlReply.succeeded(firstSession: first, sessions: UInt32(clamping: sessions)).encoded(id: id))
  }
}
