// PASV, PORT (RFC 959, section 4.1.2), EPSV, EPRT (RFC 2428), LPSV, LPRT (RFC 1639), PRET.

import FTPProtocol
import FTPTransfer
import LinuxSystem

extension Session {
  /// PASV where there is a port at once.
  func passiveNow(_ command: Command) throws(FTPError) -> Reply? {
    let host = try passiveHost()
    return try openPassivePortNow().map { Self.passive(host, $0) }
  }

  func passive(_ command: Command) async throws(FTPError) -> Reply {
    let host = try passiveHost()
    return Self.passive(host, try await openPassivePort())
  }

  /// The IPv4 address that PASV names.
  private func passiveHost() throws(FTPError) -> UInt32 {
    try requirePassive(extended: false)
    let local = try localAddress()
    guard local.family == .ipv4, let host = shownAddress(local).ipv4 else {
      throw .noDataConnection("PASV cannot name an IPv6 address: use EPSV.")
    }
    return host
  }

  private static func passive(_ host: UInt32, _ listener: PassiveListener) -> Reply {
    .passive(
      address: (
        UInt8(truncatingIfNeeded: host >> 24), UInt8(truncatingIfNeeded: host >> 16),
        UInt8(truncatingIfNeeded: host >> 8), UInt8(truncatingIfNeeded: host)
      ), port: listener.local.port)
  }

  /// EPSV where there is a port at once.
  func extendedPassiveNow(_ command: Command) throws(FTPError) -> Reply? {
    if try takesOnlyExtended(command) { return Self.onlyExtended }
    return try openPassivePortNow().map { .extendedPassive(port: $0.local.port) }
  }

  func extendedPassive(_ command: Command) async throws(FTPError) -> Reply {
    if try takesOnlyExtended(command) { return Self.onlyExtended }
    return .extendedPassive(port: try await openPassivePort().local.port)
  }

  /// Looks at EPSV's argument; whether it was ALL, which has been done then.
  private func takesOnlyExtended(_ command: Command) throws(FTPError) -> Bool {
    let request: DataPort.ExtendedPassive
    do { request = try DataPort.parseEPSV(command.argument) } catch {
      throw error == .syntax
        ? .syntax("Usage: EPSV [1 | 2 | ALL]")
        : .dataPortRefused(Reply(522, "Network protocol not supported, use (1,2)"))
    }
    if case .all = request {
      parameters.onlyExtendedPassive = true
      channels.forget()
      return true
    }
    try requirePassive(extended: true)
    let own: DataAddress.Family = try localAddress().family == .ipv4 ? .ipv4 : .ipv6
    if case .family(let wanted) = request, wanted != own {
      throw .dataPortRefused(Reply(522, "Network protocol not supported on this connection, use (\(own.rawValue))"))
    }
    return false
  }

  private static var onlyExtended: Reply {
    Reply(200, "EPSV ALL: from now on only EPSV is allowed for data connections.")
  }

  /// LPSV: as PASV, for addresses of any length.
  func longPassive(_ command: Command) async throws(FTPError) -> Reply {
    try requirePassive(extended: false)
    let shown = shownAddress(try localAddress())
    return .longPassive(octets: shown.octets, port: try await openPassivePort().local.port)
  }

  /// The address the client connected to, here or at a balancer.
  func localAddress() throws(FTPError) -> IPAddress {
    if let announced = control.passage?.announced { return announced.address }
    do { return try control.localAddress().address } catch { throw .controlConnectionLost }
  }

  /// The address clients are told to connect to. What `passive.address` says is IPv4 and no matter to those who came by IPv6.
  private func shownAddress(_ local: IPAddress) -> IPAddress {
    if case .fixed(let address) = configuration.passiveAddress, local.family == .ipv4, control.localUser == nil {
      return address
    }
    return local
  }

  func port(_ command: Command) throws(FTPError) -> Reply {
    try requireActive()
    guard let target = try? DataPort.parsePORT(command.argument), let address = IPAddress(octets: target.octets) else {
      throw .syntax("Usage: PORT h1,h2,h3,h4,p1,p2 with numbers from 0 to 255.")
    }
    return try setActive(SocketAddress(address, port: target.port), command)
  }

  func extendedPort(_ command: Command) throws(FTPError) -> Reply {
    try requireActive()
    let target: DataAddress
    do { target = try DataPort.parseEPRT(command.argument) } catch {
      throw error == .unsupportedFamily
        ? .dataPortRefused(Reply(522, "Network protocol not supported, use (1,2)"))
        : .syntax("Usage: EPRT |1|192.0.2.1|port| or EPRT |2|2001:db8::1|port|")
    }
    // EPRT has no place for the zone of a link-local address: the client's own is meant.
    guard let address = IPAddress(octets: target.octets, scope: control.peer.address.scope) else {
      throw .syntax("EPRT: invalid address.")
    }
    return try setActive(SocketAddress(address, port: target.port), command)
  }

  func longPort(_ command: Command) throws(FTPError) -> Reply {
    try requireActive()
    let target: DataAddress
    do { target = try DataPort.parseLPRT(command.argument) } catch {
      throw error == .unsupportedFamily
        ? .dataPortRefused(Reply(521, "Supported address families are (4, 6)"))
        : .syntax("Usage: LPRT 4,4,h1,h2,h3,h4,2,p1,p2 or LPRT 6,16,h1,...,h16,2,p1,p2")
    }
    guard let address = IPAddress(octets: target.octets, scope: control.peer.address.scope) else {
      throw .syntax("LPRT: invalid address.")
    }
    return try setActive(SocketAddress(address, port: target.port), command)
  }

  /// PRET command [pathname]: what the next transfer will be, told before PASV. All data connections are alike here.
  func preparation(_ command: Command) throws(FTPError) -> Reply {
    guard let planned = command.subcommand, Self.transferVerbs.contains(planned.verb) else {
      throw .syntax("Usage: PRET <transfer command> [pathname]")
    }
    return Reply(200, "Planning for \(planned.verb).")
  }

  private static let transferVerbs: Set<Verb> = ["RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"]

  private func setActive(_ named: SocketAddress, _ command: Command) throws(FTPError) -> Reply {
    // "Any address" is what a client knows of itself that has not asked (lftp over IPv6): its own is meant.
    let target = named.address.isWildcard ? SocketAddress(control.peer.address, port: named.port) : named
    if let objection = objection(to: target) {
      channels.forget()
      if let count = context.notices.pass(.refusedPort) {
        let others = count > 1 ? ", one of \(count)" : ""
        tell(.warning, "refused \(command.verb) to \(target)\(others)", record(verb: command.verb, result: 500))
      }
      throw .dataPortRefused(Reply(500, "Illegal \(command.verb) command: \(objection)."))
    }
    protection.isClientOnce = false
    control.offerTicket()
    channels.connectNext(to: target)
    return Reply(200, "\(command.verb) command successful.")
  }

  private func objection(to target: SocketAddress) -> String? {
    let peers = dataPeers
    if let objection = peers.objection(to: target) { return objection }
    // Another server is not this host: what else listens here may trust connections that come from here.
    if !peers.isClient(target.address), !target.address.isLoopback, Socket.isLocal(target.address) {
      return "the address is this server's own"
    }
    return channels.isOwn(target) ? "the port is one of this server's own" : nil
  }

  private func requirePassive(extended: Bool) throws(FTPError) {
    if !configuration.passiveEnabled {
      throw .dataPortRefused(Reply(502, "Passive data connections are switched off here: use PORT or EPRT."))
    }
    if parameters.onlyExtendedPassive, !extended { throw .sequence("EPSV ALL was sent: only EPSV is allowed now.") }
  }

  private func requireActive() throws(FTPError) {
    if parameters.onlyExtendedPassive { throw .sequence("EPSV ALL was sent: only EPSV is allowed now.") }
    if control.localUser != nil {
      throw .dataPortRefused(Reply(502, "Active data connections are not possible on this way in: use PASV or EPSV."))
    }
    if !configuration.activeEnabled {
      throw .dataPortRefused(Reply(502, "Active data connections are switched off here: use PASV or EPSV."))
    }
  }
}
