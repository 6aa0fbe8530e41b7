// The Unix socket at which one user of this host passes clients on: who may come, and by which file.

import Glibc
import LinuxSystem
import Logging

/// A way in for one user of this host, who says by a PROXY header for whom each connection is (decision 0066).
public struct LocalDoor: Sendable, Hashable, CustomStringConvertible {
  /// The path of the socket.
  public let path: String
  /// Who may connect. Not root either: whoever is root can become this user.
  public let user: UInt32
  /// The user's name, for people.
  public let name: String

  public init(path: String, user: UInt32, name: String) { (self.path, self.user, self.name) = (path, user, name) }

  /// `unix:/run/weftpd/server/ftp`
  public var description: String { "unix:\(path)" }

  /// What stands for an address where connections have none: data connections are made to and from there.
  static let address = SocketAddress(IPAddress(ipv4: 0x7F00_0001), port: 0)

  /// Makes the socket, or has the one that a predecessor has made let the user in.
  ///
  /// - Parameters:
  ///   - owner: who owns the file: whom this process is going to be; nil: it stays who it is.
  ///   - inherited: the listener of a predecessor at this path.
  func open(
    owner: (user: UInt32, group: UInt32)?, adopting inherited: consuming Descriptor?
  ) throws(SystemError) -> Descriptor {
    let isOwn = user == owner?.user ?? ThisProcess.user
    if let inherited {
      do throws(SystemError) {
        try Socket.prepareInherited(inherited.number)
        // It may have been for another user until now.
        try Self.allow(isOwn ? nil : user, at: path)
        return inherited
      } catch {
        // Somebody has taken the file away. Nobody can come by the old socket any more.
        guard error.code == ENOENT else { throw error }
      }
    }
    let listener = try LocalSocket.listen(.stream, at: path, mode: 0o600, owner: owner, backlog: 4096)
    do throws(SystemError) {
      try Self.allow(isOwn ? nil : user, at: path)
    } catch {
      unlink(path)
      throw error
    }
    return listener
  }

  private static func allow(_ user: UInt32?, at path: String) throws(SystemError) {
    if let user { try LocalSocket.allow(user, at: path) } else { try LocalSocket.allowNobody(at: path) }
  }
}

/// A door that cannot be opened.
public struct LocalDoorError: Error, Sendable, CustomStringConvertible {
  public let door: LocalDoor
  public let cause: SystemError

  public var description: String {
    let advice =
      switch cause.code {
      case EADDRINUSE: "; another weftpd is there"
      case EEXIST: "; there is a file that is no socket"
      case EOPNOTSUPP: "; its file system has no access control lists: take a path beneath /run"
      case EINVAL: "; \(door.name) (uid \(door.user)) is not known in this user namespace (PrivateUsers=no in the unit)"
      default: ""
      }
    return "proxy.socket: cannot listen at \(door.path): \(cause.reason)\(advice)"
  }
}

extension FTPServer {
  /// Takes clients by `door` as well, beside the addresses of ``listen(on:)``.
  ///
  /// - Parameters:
  ///   - owner: the user this process is going to be; nil: it stays who it is.
  ///   - inherited: the listener of a server whose place this one takes; it is this one's from then on.
  public func listen(
    at door: LocalDoor, owner: (user: UInt32, group: UInt32)? = nil, adopting inherited: Int32? = nil
  ) throws(LocalDoorError) {
    do throws(SystemError) {
      let listener = try door.open(owner: owner, adopting: inherited.map { Descriptor(owning: $0) })
      add(
        try Acceptor(
          context: context, listener: listener, address: LocalDoor.address, isMultipath: false, door: door))
    } catch {
      throw LocalDoorError(door: door, cause: error)
    }
  }

  /// The doors that are open, each with the number of its listener.
  public var openDoors: [(number: Int32, door: LocalDoor)] {
    acceptors.withLock { acceptors in acceptors.compactMap { one in one.door.map { (one.number, $0) } } }
  }
}

extension Acceptor {
  /// The next connection at a door, of a user who may come; nil if there is none.
  func acceptAt(_ door: LocalDoor) throws(SystemError) -> (number: Int32, peer: SocketAddress)? {
    while let socket = try LocalSocket.accept(listener.number, blocking: true) {
      guard let peer = try? LocalSocket.peer(socket.number) else { continue }
      // The file's mode has said so already, unless somebody has changed it.
      guard peer.user == door.user else {
        context.tellOfStranger(peer, at: door)
        continue
      }
      // Not inherited from such a listener.
      if (try? Self.tuneSession(socket.number)) == nil { continue }
      return (socket.release(), address)
    }
    return nil
  }
}

extension ServerContext {
  fileprivate func tellOfStranger(_ peer: LocalPeer, at door: LocalDoor) {
    guard let count = notices.pass(.strangersAtDoor) else { return }
    let others = count > 1 ? ", and \(count - 1) more before it" : ""
    logger.warning(
      "refused a connection to proxy.socket of uid \(peer.user), pid \(peer.process): only \(door.name) may come\(others)"
    )
  }
}
