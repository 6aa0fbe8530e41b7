// The helper process of `accounts.external`, which weftpd starts for itself: asks a program or a web service about logins.

import ArgumentParser
import DaemonSupport
import ExternalAccounts
import Glibc
import HTTPClient
import LinuxSystem
import Privileges

struct ExternalHelperCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: ExternalHelper.command, abstract: "Asks an authority about logins; weftpd starts it.",
    shouldDisplay: false)

  @Option var channel: Int32
  @Option var program: String?
  @Option var url: String?
  @Option var ca: String?
  @Option var tokenFile: String?
  @Option var timeout: Int
  @Option var concurrency: Int
  @Option var user: String?

  func run() throws {
    do {
      // What only root can read is read before.
      let target = try makeTarget()
      try renounce()
      var service = HelperService(
        channel: channel, target: target, patience: .milliseconds(timeout), concurrency: concurrency)
      service.run()
    } catch {
      write("weftpd: the helper of accounts.external cannot work: \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
  }

  private func makeTarget() throws -> HelperService.Target {
    if let program { return .program(program) }
    guard let text = url, let url = HTTPURL(text) else { throw ValidationError("--program or --url is needed.") }
    return .web(try ExternalHelper.call(url, authorities: ca, tokenFile: tokenFile))
  }

  /// Becomes the user the daemon becomes, without any privilege. Root stays root where the operator has said so.
  private func renounce() throws {
    guard let name = user else {
      if ThisProcess.user != 0 { try PrivilegePlan(becoming: nil).apply() }
      return
    }
    guard let found = try UserDatabase.user(named: name) else {
      throw PrivilegeError(description: "there is no user \(name)")
    }
    try PrivilegePlan(becoming: found).apply()
  }
}
