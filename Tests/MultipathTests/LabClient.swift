// An FTP client on the client host of a lab: multipath or plain sockets, four kinds of data connection, bytes verified.

import Glibc
import LinuxSystem
import MultipathTCP
import NetworkSupport
import TestSupport

/// How a data connection comes about.
enum DataMode: String, CaseIterable, Sendable {
  case pasv = "PASV"
  case epsv = "EPSV"
  case port = "PORT"
  case eprt = "EPRT"

  var isActive: Bool { self == .port || self == .eprt }
}

/// A session, logged in, in TYPE I. Sockets are made in the client's namespace and belong to it.
final class LabClient {
  let namespace: Namespace
  let process: LabServer
  let server: Endpoint
  let ftp: FTPClient
  let policy: MultipathPolicy
  /// Open as long as the latest active data connection: further paths join where it listens.
  private var listener: ActiveListener?

  /// - Parameters:
  ///   - host: the server's address.
  ///   - source: the client's address of the control connection.
  ///   - policy: what the control connection is to be.
  init(
    _ lab: Namespace, _ server: LabServer, host: String = NetworkLab.serverAddress(1), from source: String? = nil,
    policy: MultipathPolicy = .required, port: UInt16? = nil
  ) throws {
    namespace = lab
    process = server
    self.policy = policy
    self.server = Endpoint(host, port ?? server.port)
    ftp = FTPClient(try Self.connect(in: lab, to: self.server, from: source, policy: policy))
    try ftp.expect(220)
    try ftp.logIn("alice")
    try ftp.command("TYPE I", expecting: 200)
  }

  /// What the control connection turned out to be.
  var negotiation: Negotiation { MultipathSocket.negotiated(ftp.control.descriptor) }

  /// Waits until the control connection has `count` established paths.
  func waitForPaths(_ count: Int) throws { try NetworkSupport.waitForPaths(count, ftp.control.descriptor) }

  /// A connected socket of `namespace`.
  static func connect(
    in namespace: Namespace, to target: Endpoint, from source: String? = nil, policy: MultipathPolicy,
    receives: Bool = false
  ) throws -> Connection {
    let remote = try address(target.host, target.port)
    let local = try source.map { try address($0, 0) }
    let number = try namespace.run {
      try connected(to: remote, from: local, policy: policy, receives: receives).release()
    }
    return Connection(adopting: number)
  }

  static func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
    guard let address = IPAddress(host) else { throw TestFailure("not an address: \(host)") }
    return SocketAddress(address, port: port)
  }

  /// Prepares a data connection, says `command`, expects 150, and gives the connection.
  ///
  /// - Parameters:
  ///   - source: the client's address of the data connection.
  ///   - policy: what it is to be; as the control connection by default.
  func open(
    _ mode: DataMode, _ command: String, from source: String? = nil, policy: MultipathPolicy? = nil
  ) throws -> Connection {
    let policy = policy ?? self.policy
    let receives = !command.hasPrefix("STOR")
    switch mode {
    case .pasv, .epsv:
      let target = try passiveTarget(mode)
      let data = try Self.connect(in: namespace, to: target, from: source, policy: policy, receives: receives)
      try ftp.command(command, expecting: 150, 125)
      return data
    case .port, .eprt:
      let listener = try ActiveListener(namespace, source ?? ownAddress, policy: policy)
      self.listener = listener
      try ftp.command(listener.command(mode), expecting: 200)
      try ftp.command(command, expecting: 150, 125)
      return try listener.accept()
    }
  }

  /// The client's address of the first path.
  var ownAddress: String { ftp.control.localEndpoint?.host ?? "" }

  /// PASV or EPSV, and where to connect to.
  func passiveTarget(_ mode: DataMode) throws -> Endpoint {
    let reply = try ftp.command(mode.rawValue, expecting: mode == .pasv ? 227 : 229)
    if mode == .pasv, let target = FTPClient.passiveEndpoint(reply) { return target }
    if mode == .epsv, let port = FTPClient.extendedPassivePort(reply) { return Endpoint(server.host, port) }
    throw TestFailure("no address in: \(reply)")
  }
}

/// A listening socket of the client for PORT and EPRT: on all its addresses, since further paths join there.
final class ActiveListener {
  private let socket: Descriptor
  let endpoint: Endpoint

  /// Listens in `namespace` and names `host` to the server.
  init(_ namespace: Namespace, _ host: String, policy: MultipathPolicy) throws {
    let wildcard = try LabClient.address(host.contains(":") ? "::" : "0.0.0.0", 0)
    socket = Descriptor(
      owning: try namespace.run {
        try MultipathSocket.listen(on: wildcard, policy: policy).takeDescriptor().release()
      })
    endpoint = Endpoint(host, try Socket.localAddress(socket.number).port)
  }

  func command(_ mode: DataMode) -> String {
    if mode == .eprt { return "EPRT |\(endpoint.isIPv6 ? 2 : 1)|\(endpoint.host)|\(endpoint.port)|" }
    let octets = endpoint.host.split(separator: ".").joined(separator: ",")
    return "PORT \(octets),\(endpoint.port >> 8),\(endpoint.port & 0xFF)"
  }

  /// Whether someone has connected.
  var hasVisitor: Bool { Poll.wait(socket.number, .readable, milliseconds: 0) }

  /// The server's connection.
  func accept() throws -> Connection { Connection(adopting: try accepted(socket.number).release()) }
}
