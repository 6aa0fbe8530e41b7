// Finds a way to a data connection: EPSV, PASV, active, and what is done about the mistakes of servers and their NATs.

import FTPProtocol
import FTPTransfer
import LinuxSystem
import MultipathTCP

extension ClientSession {
  /// Connects for data, or listens for the server's connection.
  ///
  /// - Parameter receives: this end will mostly receive.
  func prepareData(receives: Bool) async throws(ClientError) -> PreparedData {
    let family = control.peer.address.family
    var last = ClientError(.dataConnection, "there is no way to a data connection")
    if options.passedOn?.socket != nil, options.dataMode == .active {
      throw ClientError(.unsupported, "a server that is reached by a Unix socket cannot connect for data")
    }
    let isPassiveOnly = options.proxy != nil || options.passedOn?.socket != nil
    var ways = DataWay.order(
      isPassiveOnly ? .passive : options.dataMode, family, last: dataWay, refused: refusedWays)
    // A connection that does not come about may have lost its packets, or met a port that somebody else has taken: another port of the
    // same way is tried before another way.
    if let known = dataWay, ways.first == known { ways.insert(known, at: 0) }
    var refused: Set<DataWay> = []
    for way in ways {
      if refused.contains(way) { continue }
      do throws(ClientError) {
        let prepared = try await prepare(way, receives)
        dataWay = way
        return prepared
      } catch {
        if failure != nil || error.code == .cancelled || error.code == .loginRefused { throw error }
        if error.code == .unsupported || error.code == .refused {
          refusedWays.insert(way)
          refused.insert(way)
        }
        trace(.note("\(error.message); another way is tried"))
        last = error
      }
    }
    throw last
  }

  private func prepare(_ way: DataWay, _ receives: Bool) async throws(ClientError) -> PreparedData {
    switch way {
    case .extendedPassive:
      return .connected(try await connect(try await exchange(.extendedPassive()), receives))
    case .passive:
      return .connected(try await connect(try await exchange(Command(verb: "PASV")), receives))
    case .active:
      return .listening(try await listen())
    }
  }

  /// Connects to where a reply to EPSV or PASV says.
  func connect(_ reply: ReceivedReply, _ receives: Bool) async throws(ClientError) -> DataConnection {
    if let port = reply.extendedPassivePort {
      return try await connectData(SocketAddress(control.peer.address, port: port), receives)
    }
    guard let announced = reply.passiveAddress, let address = IPAddress(octets: announced.octets) else {
      throw .refusal(reply, of: "the passive mode")
    }
    return try await connectData(SocketAddress(believable(address), port: announced.port), receives)
  }

  /// The address of a 227 reply, or the server's own where the reply names another one.
  private func believable(_ announced: IPAddress) -> IPAddress {
    let own = control.peer.address
    if announced == own { return own }
    if options.believesPassiveAddress, !announced.isWildcard { return announced }
    trace(.note("the server announced \(announced) for data; \(own) is used instead"))
    return own
  }

  private func connectData(_ target: SocketAddress, _ receives: Bool) async throws(ClientError) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.dataConnect.inNanoseconds)
    if let proxy = options.proxy { return try await connectData(through: proxy, target.port, receives, deadline) }
    let source = options.passedOn?.source.map { SocketAddress($0, port: 0) }
    let data: DataConnection
    do throws(TransferBreak) {
      data = try await DataConnector.connect(
        to: target, from: source, policy: options.multipath.reaching(target), receives: receives, until: deadline,
        with: self)
    } catch {
      throw explained(error)
    }
    try options.passedOn?.introduce(data.number, to: target)
    return data
  }

  private func connectData(
    through proxy: ClientProxy, _ port: UInt16, _ receives: Bool, _ deadline: MonotonicTime
  ) async throws(ClientError) -> DataConnection {
    let peer = control.peer
    let data: DataConnection
    do throws(TransferBreak) {
      data = try await DataConnector.connect(
        to: peer, from: nil, policy: options.multipath.reaching(peer), receives: receives, until: deadline, with: self)
    } catch { throw explained(error) }
    try await proxy.tunnel(over: data.number, to: host, port: port) { (interest) throws(ClientError) in
      do throws(TransferBreak) { try await self.wait(for: data.number, interest, until: deadline) } catch {
        throw self.explained(error)
      }
    }
    return data
  }

  private func listen() async throws(ClientError) -> ActiveListener {
    let local: SocketAddress
    do throws(SystemError) { local = try Socket.localAddress(control.number) } catch {
      throw ClientError(.connectionLost, "the control connection broke: \(error.reason)", cause: error)
    }
    let listener = try ActiveListener(
      on: local.address, ports: options.activePorts, policy: options.multipath.reaching(control.peer))
    let address = listener.local.address
    let target = DataAddress(
      family: address.family == .ipv4 ? .ipv4 : .ipv6, octets: address.octets, port: listener.local.port)
    var refusal: ClientError?
    for command in [Command.port(target), .extendedPort(target)] {
      guard let command else { continue }
      let reply = try await exchange(command)
      if reply.kind == .completion {
        if let advice = checksumAdvice() { trace(.note(advice.line)) }
        return listener
      }
      refusal = .refusal(reply, of: command.verb.description)
      if refusal?.code != .unsupported { break }
    }
    throw refusal ?? ClientError(.dataConnection, "the server does not connect for data")
  }

  /// The data connection itself: in active mode the server's, whoever else may try.
  func openData(_ prepared: PreparedData) async throws(ClientError) -> DataConnection {
    switch prepared {
    case .connected(let data): return data
    case .listening(let listener): return try await acceptData(listener)
    }
  }

  private func acceptData(_ listener: ActiveListener) async throws(ClientError) -> DataConnection {
    let deadline = MonotonicTime.now.advanced(by: options.timeouts.dataConnect.inNanoseconds)
    while true {
      while let (number, peer) = try listener.accept() {
        let socket = Descriptor(owning: number)
        // A stranger must not give or take a file (RFC 2577). A multipath server may come from any of its addresses.
        guard
          peer.address == control.peer.address
            || MultipathSocket.remoteAddresses(control.number).contains(peer.address)
        else {
          trace(.note("a data connection of \(peer) was closed: it is not the server"))
          continue
        }
        let isMultipath = listener.isMultipath && MultipathSocket.negotiated(number) == .multipath
        if options.multipath == .required, !isMultipath {
          throw ClientError(.dataConnection, "the data connection is not multipath")
        }
        return DataConnection(
          socket: socket, peer: peer, isMultipath: isMultipath, isReported: options.multipath != .off)
      }
      do throws(TransferBreak) { try await wait(for: listener.number, .readable, until: deadline) } catch {
        if case .stalled = error { throw explained(.nobodyConnected) }
        throw explained(error)
      }
    }
  }

  /// A break as an error; what the server said of it says more.
  func explained(_ reason: TransferBreak, of what: String = "the transfer") -> ClientError {
    if let failure { return failure }
    if isCancelled { return ClientError(.cancelled, "\(what) was cancelled", cause: reason) }
    if let reply = earlyReply {
      if reply.kind != .completion { return .refusal(reply, of: what) }
      if transferInFlight?.direction == .upload {
        return ClientError(.protocolViolation, "\(what) was said to be done before the file had ended", reply: reply)
      }
    }
    return .broken(reason)
  }
}
