// mptcpctl check: connects to a host and shows what was negotiated and over which paths the connection runs.

import ArgumentParser
import Glibc
import LinuxSystem
import MultipathTCP

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Connect to a host and show the paths of the connection.",
    discussion: """
      Further paths come up once the server has said something, which FTP, SSH and mail servers do by themselves.
      Exit status: 0 multipath, 2 connected by plain TCP, 1 not connected.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "A name or an address.") var host: String
  @Argument(help: "A port number.") var port: UInt16
  @Option(help: "automatic, required or off.") var policy: MultipathPolicy = .automatic
  @Option(help: "The local address to connect from.") var from: String?
  @Option(help: "Seconds to wait for the connection.") var patience: Int32 = 10
  @Option(help: "Milliseconds to wait for further paths.") var settle: Int32 = 700

  func validate() throws {
    if let from, IPAddress(from) == nil { throw ValidationError("'\(from)' is no IP address.") }
    guard (1...3600).contains(patience) else { throw ValidationError("--patience takes 1 to 3600 seconds.") }
    guard (0...60_000).contains(settle) else { throw ValidationError("--settle takes 0 to 60000 milliseconds.") }
  }

  func run() throws {
    try common.enter()
    let before = Counters.read()
    var last: (any Error)?
    for address in try addresses(of: host) {
      do {
        let socket = try connect(to: address)
        if let why = socket.unavailability { print("no multipath socket: \(why)") }
        settle(socket.number)
        let report = show(socket.number)
        if report.negotiation == .fellBack, let now = Counters.read(), let before {
          for (reason, _) in now.delta(since: before).fallbacks { print("counted meanwhile: \(reason)") }
        }
        throw ExitCode(report.negotiation == .multipath ? 0 : 2)
      } catch let exit as ExitCode {
        throw exit
      } catch {
        print("\(address): \(error)")
        last = error
      }
    }
    throw last.map { _ in ExitCode(1) } ?? Failure("\(host) has no address")
  }

  private func addresses(of host: String) throws -> [SocketAddress] {
    switch HostLookup.addresses(of: host) {
    case .found(let list): return list.map { SocketAddress($0, port: port) }
    case .failed(let reason): throw Failure("\(host): \(reason)")
    }
  }

  private func connect(to address: SocketAddress) throws -> MadeSocket {
    let local = from.flatMap { IPAddress($0) }.map { SocketAddress($0, port: 0) }
    let start = MonotonicTime.now
    let socket = try MultipathSocket.connect(to: address, from: local, policy: policy, receives: true)
    if !socket.isConnected {
      guard Poll.wait(socket.number, .writable, milliseconds: patience * 1000) else {
        throw SystemError(code: ETIMEDOUT, call: "connect")
      }
      if let error = Socket.pendingError(socket.number) { throw error }
    }
    let taken = Duration.nanoseconds(MonotonicTime.now.since(start))
    print("connected to \(address) in \(mptcpctl.show(taken))")
    return socket
  }

  /// Takes what the server says, and gives the kernel the time to open further paths.
  private func settle(_ socket: Int32) {
    let end = MonotonicTime.now.advanced(by: Int64(settle) * 1_000_000)
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      var isOpen = true
      while case let left = end.since(.now), left > 0 {
        // Once the peer has closed, the socket stays readable: only the time is waited for then.
        let pause = Int32(truncatingIfNeeded: left / 1_000_000 + 1)
        if !isOpen { poll(nil, 0, pause) } else if !Poll.wait(socket, .readable, milliseconds: pause) { continue }
        guard isOpen else { continue }
        switch try? Socket.receive(socket, into: buffer) {
        case .moved(let count) where count > 0:
          let text = buffer[..<count].prefix { $0 != 0x0A && $0 != 0x0D }.map { (32..<127).contains($0) ? $0 : 0x3F }
          print("it says: \(String(decoding: text, as: UTF8.self))")
        case .wouldBlock: break
        default: isOpen = false
        }
      }
    }
  }

  private func show(_ socket: Int32) -> ConnectionReport {
    let report = ConnectionReport(socket)
    print("negotiated: \(report.negotiation)")
    if let info = report.info {
      print(
        "paths: \(info.pathCount), at most \(info.extraSubflowsMax + 1); token \(info.tokenText), "
          + "checksum \(info.isChecksummed.map { $0 ? "on" : "off" } ?? "unknown"), "
          + "addresses announced by the peer and taken up: \(info.acceptedAddresses)")
    }
    let paths = (try? MultipathSocket.subflowsWithRoles(socket)) ?? report.paths
    var rows = [["local", "remote", "state", "rtt", "window", "sent", "received", "retransmitted"]]
    for path in paths {
      let figures = path.statistics
      let state = path.isLive ? "live" : figures.state.map { "\($0)" } ?? "?"
      rows.append([
        "\(path.local)", "\(path.remote)", path.role.map { "\(state), \($0)" } ?? state,
        mptcpctl.show(figures.roundTrip),
        "\(figures.congestionWindow) x \(figures.segmentSize) B", "\(figures.bytesSent ?? 0) B",
        "\(figures.bytesReceived ?? 0) B", "\(figures.totalRetransmissions)",
      ])
    }
    printTable(rows, indent: "  ")
    return report
  }
}

extension MultipathPolicy: ExpressibleByArgument {}
