// The options of every command that talks to a server, and what they make of a session's options.

import ArgumentParser
import FTPClient
import FTPProtocol
import LinuxSystem
import MultipathTCP
import TransportSecurity

/// How TLS is wanted.
enum TLSChoice: String, ExpressibleByArgument, CaseIterable, Sendable { case off, allow, require, implicit }

/// Whom to believe.
enum TrustChoice: String, ExpressibleByArgument, CaseIterable, Sendable { case system, tofu, none }

/// Whether multipath TCP is wanted.
enum MultipathChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto, off, require

  var policy: MultipathPolicy {
    switch self {
    case .auto: .automatic
    case .off: .off
    case .require: .required
    }
  }
}

/// Options of a connection.
struct ConnectionArguments: ParsableArguments {
  @Option(name: .shortAndLong, help: "The user; without one, netrc's or anonymous.") var user: String?
  @Option(help: ArgumentHelp("The password is this file's first line.", valueName: "file")) var passwordFile: String?
  @Option(help: ArgumentHelp("Take logins from this file instead of ~/.netrc.", valueName: "file"))
  var netrcFile: String?
  @Flag(help: "Do not look into ~/.netrc.") var noNetrc = false
  @Option(
    help:
      "TLS: off, allow (if offered), require, implicit. By default the URL says: ftp allow, ftpes require, ftps implicit."
  )
  var tls: TLSChoice?
  @Option(help: "Whom to believe: system, tofu (ask once, then know it again), none.") var trust = TrustChoice.system
  @Option(help: ArgumentHelp("Believe the certificates in this file, too.", valueName: "file")) var ca: [String] = []
  @Option(help: ArgumentHelp("The server's key, or that of its authority.", valueName: "sha256/…")) var pin: [String] =
    []
  @Option(help: ArgumentHelp("A certificate of your own, PEM, with its key.", valueName: "file")) var cert: String?
  @Flag(help: "The server connects for data (PORT, EPRT).") var active = false
  @Flag(help: "Never the active mode, even if the passive one fails.") var passive = false
  @Option(help: ArgumentHelp("Ports of the active mode, 50000-50100.", valueName: "range")) var portRange: String?
  @Option(
    help: ArgumentHelp(
      "Go through a proxy: socks5://[user:password@]host:port or http://…; also $WEFTP_PROXY.", valueName: "url"))
  var proxy: String?
  @Option(help: "Multipath TCP: auto, off, require.") var multipath = MultipathChoice.auto
  @Flag(help: "Tell at the end what each path has carried.") var paths = false
  @Option(help: ArgumentHelp("Seconds for a connection to come about.", valueName: "seconds")) var timeout = 20
  @Option(help: ArgumentHelp("Seconds a transfer may stand still.", valueName: "seconds")) var stall = 60
  @Option(
    help: ArgumentHelp(
      "Bytes per second, such as 500k or 2M: of all connections together, or total=…,file=…,connection=….",
      valueName: "rate"))
  var rate: String?
  @Option(help: ArgumentHelp("How often a broken transfer is tried again.", valueName: "count")) var retries = 4
  @Flag(name: .shortAndLong, help: "Show what is sent and answered, passwords hidden.") var verbose = false

  func validate() throws {
    if active, passive { throw ValidationError("--active and --passive exclude each other.") }
    guard (1...86_400).contains(timeout), (1...86_400).contains(stall) else {
      throw ValidationError("Times are from 1 to 86400 seconds.")
    }
    if let rate, Self.rates(rate) == nil {
      throw ValidationError("--rate is 500k, or total=2M,file=1M,connection=200k.")
    }
    guard (0...1000).contains(retries) else { throw ValidationError("--retries is from 0 to 1000.") }
    if let proxy, ClientProxy(proxy) == nil {
      throw ValidationError("--proxy is socks5://host:1080 or http://host:8080.")
    }
    if let portRange, Self.range(portRange) == nil {
      throw ValidationError("--port-range is two ports: 50000-50100.")
    }
    for text in pin where PublicKeyPin(text) == nil {
      throw ValidationError("--pin is sha256/ and 44 characters of base64.")
    }
  }

  static func range(_ text: String) -> ClosedRange<UInt16>? {
    let parts = text.split(separator: "-")
    guard parts.count == 2, let low = UInt16(parts[0]), let high = UInt16(parts[1]), low > 0, low <= high else {
      return nil
    }
    return low...high
  }

  /// `2M`, or `total=2M,file=1M,connection=200k`, any of them.
  static func rates(_ text: String) -> TransferLimits? {
    var limits = TransferLimits()
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let last = halves.last, let value = FilterArguments.bytes(String(last)), value > 0 else { return nil }
      switch halves.count == 2 ? halves[0] : "total" {
      case "total": limits.total = value
      case "file": limits.file = value
      case "connection": limits.connection = value
      default: return nil
      }
    }
    return limits
  }

  /// What is wanted of TLS for a URL.
  func security(_ url: ServerURL) -> ClientOptions.Security {
    switch tls {
    case .off?: .off
    case .allow?: .ifOffered
    case .require?: .required
    case .implicit?: .implicit
    case nil:
      switch url.scheme {
      case .ftp: .ifOffered
      case .ftpes: .required
      case .ftps: .implicit
      }
    }
  }

  /// The options of a session with the server of a URL.
  func options(_ url: ServerURL) throws -> ClientOptions {
    var options = ClientOptions()
    options.security = security(url)
    options.tls = try trustOptions(url)
    options.multipath = multipath.policy
    options.dataMode = active ? .active : passive ? .passive : .automatic
    if let text = proxy ?? KnownServers.environment("WEFTP_PROXY") {
      guard let proxy = ClientProxy(text) else {
        throw ClientError(.usage, "WEFTP_PROXY is socks5://host:1080 or http://host:8080")
      }
      options.proxy = proxy
    }
    options.activePorts = portRange.flatMap(Self.range)
    options.timeouts.connect = .seconds(timeout)
    options.timeouts.stall = .seconds(stall)
    if verbose { options.trace = { ConnectionArguments.show($0) } }
    return options
  }

  private func trustOptions(_ url: ServerURL) throws -> TLSClientOptions {
    var options = TLSClientOptions()
    options.pins = Set(pin.compactMap { PublicKeyPin($0) })
    if !ca.isEmpty { options.authorities = .files(ca) }
    if let cert { options.certificate = CertificateFiles(certificate: cert) }
    switch trust {
    case .system: break
    case .none:
      // Pins are the stronger word.
      options.trust = options.pins.isEmpty ? .insecureAcceptAnyCertificate : .pinsOnly
    case .tofu:
      let known = try KnownServers(KnownServers.defaultPath)
      let place = "\(url.host):\(url.effectivePort)"
      options.trust = .firstUse { server in known.answer(server, at: place, ask: Person.accepts) }
    }
    return options
  }

  static func show(_ event: ClientOptions.TraceEvent) {
    switch event {
    case .sent(let line): Output.write(2, Array("> \(line)\n".utf8))
    case .received(let reply):
      let last = reply.lines.count - 1
      for (index, line) in reply.lines.enumerated() {
        let mark = index == last ? "\(reply.code) " : index == 0 ? "\(reply.code)-" : ""
        Output.write(2, Array("< \(mark)\(Output.printable(line))\n".utf8))
      }
    case .note(let text): Output.write(2, Array("* \(text)\n".utf8))
    }
  }
}
