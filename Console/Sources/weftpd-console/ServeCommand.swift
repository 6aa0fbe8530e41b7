// Starts the console with what the command line, or the environment of a unit, says.

import ArgumentParser
import ConsoleServer
import Dispatch
import FTPClient
import Glibc
import LinuxSystem
import Logging

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve the console.",
    discussion: """
      Without TLS of its own it listens on the loopback network, on a Unix socket, or on the socket a service manager hands \
      over (LISTEN_FDS). docs/console.md has a proxy with TLS in front of it.
      """)

  @Option(help: "Where to listen: 127.0.0.1:8021, [::1]:8021 or unix:/path; port 0 is any.")
  var listen = "127.0.0.1:0"

  @Option(help: "A further origin by which browsers reach the console, such as https://console.example.net.")
  var origin: [String] = []

  @Flag(help: "Believe the last address of X-Forwarded-For: only behind a proxy that sets it.")
  var forwarded = false

  @Option(help: "weftpd's control socket (server.control); empty: no pages for operators.")
  var control = "/run/weftpd/server/control"

  @Option(help: "Where weftpd listens for FTP.")
  var ftp = "127.0.0.1:21"

  @Option(help: "TLS between the console and weftpd: off, if-offered or required; required to another host.")
  var ftpTls: String?

  @Option(
    help: """
      The address connections to weftpd come from, such as 127.0.0.77; they then begin with a PROXY line that tells the \
      browser's address. weftpd needs it in proxy.trusted, and proxy.data.
      """)
  var ftpSource: String?

  @Option(help: "A user of weftpd with a second factor who is an operator. May be given more than once.")
  var `operator`: [String] = []

  @Option(help: "The socket at which `weftpd-console link` asks; empty: none.")
  var linkSocket = "/run/weftpd-console/link"

  @Option(help: "The directory of the page's files.")
  var pages = "/usr/local/share/weftpd/console"

  @Option(help: "Minutes after which a login that is not used ends.")
  var idle = 15

  @Flag(help: "Print a one-time link at the start.")
  var printLink = false

  func run() throws {
    LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
    var logger = Logger(label: "weftpd-console")
    logger.logLevel = .info
    ProcessLimits.limitHeapArenas(to: 2)
    do {
      let console = try Console(try options(), logger)
      logger.notice("the console is at \(console.origin)")
      if printLink, let link = console.makeLink(for: "who started the console") { say(link) }
      // Threads come into being from here on, so that the confinement of this one is theirs, too.
      Task {
        do { try await console.run() } catch {
          logger.critical("the console ends: \(error)")
          Glibc.exit(70)
        }
        Glibc.exit(0)
      }
      dispatchMain()
    } catch {
      say("weftpd-console: \(error)", to: 2)
      throw ExitCode(78)
    }
  }

  private func options() throws -> ConsoleOptions {
    var options = ConsoleOptions()
    guard let place = Listener.inherited() ?? ListenPlace(listen) else {
      throw ConsoleError("--listen \(listen): expected an address of the loopback network with a port, or unix:/path")
    }
    options.listen = place
    for origin in origin {
      guard origin.hasPrefix("https://") || origin.hasPrefix("http://"), origin.split(separator: "/").count == 2,
        !origin.hasSuffix("/")
      else { throw ConsoleError("--origin \(origin): expected a scheme and a host, as in https://console.example.net") }
    }
    options.origins = origin
    options.believesForwarded = forwarded
    options.control = control.isEmpty ? nil : control
    guard let colon = ftp.lastIndex(of: ":"), let port = UInt16(ftp[ftp.index(after: colon)...]), port > 0 else {
      throw ConsoleError("--ftp \(ftp): expected a host and a port")
    }
    let host = ftp[..<colon]
    options.ftpHost = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
    options.ftpPort = port
    let isNear = IPAddress(options.ftpHost)?.isLoopback == true
    switch ftpTls ?? (isNear ? "off" : "required") {
    case "off" where isNear: options.ftpSecurity = .off
    case "if-offered" where isNear: options.ftpSecurity = .ifOffered
    case "required": options.ftpSecurity = .required
    default: throw ConsoleError("--ftp-tls: expected off, if-offered or required; to another host required only")
    }
    if let ftpSource {
      guard let address = IPAddress(ftpSource) else { throw ConsoleError("--ftp-source: expected an address") }
      options.ftpSource = address
    }
    options.operators = Set(self.operator)
    options.linkSocket = linkSocket.isEmpty ? nil : linkSocket
    options.pages = pages
    guard (1...1440).contains(idle) else { throw ConsoleError("--idle: expected 1 to 1440 minutes") }
    options.loginIdle = .seconds(idle * 60)
    return options
  }
}
