// Starts the helper that asks a program or a web service about logins. Before privileges are dropped: afterwards this process can
// start none that Landlock does not confine.

import Accounts
import DaemonSettings
import ExternalAccounts
import HTTPClient
import LinuxSystem
import Privileges
import SafeText
import TransportSecurity

/// The way to the authority of `accounts.external`.
public enum ExternalHelper {
  /// The command of weftpd that the helper runs as.
  public static let command = "external-helper"

  /// Starts the helper, which ends with this process; nil if nobody outside is asked.
  ///
  /// - Parameter plan: the helper becomes the user that the daemon becomes.
  /// - Throws: when it cannot be started.
  public static func prepare(
    _ settings: Settings, _ plan: PrivilegePlan
  ) throws(PrivilegeError) -> ExternalAuthenticator? {
    let external = settings.accounts.external
    guard external.isEnabled else { return nil }
    var arguments = [command, "--channel", "3"]
    func add(_ name: String, _ value: String?) { if let value { arguments += [name, value] } }
    add("--program", external.program)
    add("--url", external.url)
    add("--ca", external.authorities.map(File.absolutePath))
    add("--token-file", external.tokenFile.map(File.absolutePath))
    add("--timeout", "\(external.timeout.inNanoseconds / 1_000_000)")
    add("--concurrency", "\(external.concurrency)")
    if case .becomes(let user) = plan.identity { add("--user", user.name) }
    do throws(SystemError) {
      let (own, other) = try PacketSocket.pair()
      defer { _ = Descriptor(owning: other) }
      let program = try File.resolvedPath("/proc/self/exe")
      _ = try ChildProcesses.spawn(
        program, arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SWIFT_BACKTRACE=enable=no"],
        descriptor: other)
      return ExternalAuthenticator(
        channel: own, concurrency: external.concurrency, patience: external.timeout, cacheTime: external.cacheTime)
    } catch {
      throw PrivilegeError(description: "the helper of accounts.external cannot be started: \(error)")
    }
  }

  /// What is wrong with the settings of the authority.
  static func problems(_ loaded: LoadedSettings) -> [SettingsProblem] {
    let external = loaded.settings.accounts.external
    var problems: [SettingsProblem] = []
    func report(_ key: String, _ message: String) {
      problems.append(SettingsProblem(loaded.origin(key), key: key, message))
    }
    if let program = external.program, !File.isExecutable(program) {
      report("accounts.external.program", "\(quoted(program)) is not a program that can be run")
    }
    guard let text = external.url else { return problems }
    guard let url = HTTPURL(text) else {
      report(
        "accounts.external.url",
        "\(quoted(text)) is neither an https URL nor an http URL of this host, such as http://127.0.0.1:8080/")
      return problems
    }
    do {
      _ = try call(url, authorities: external.authorities, tokenFile: external.tokenFile)
    } catch let error as SettingsError {
      problems += error.problems.map { SettingsProblem(loaded.origin($0.key), key: $0.key, $0.message) }
    } catch {
      report("accounts.external.ca", "\(error)")
    }
    return problems
  }

  /// What the helper asks by.
  public static func call(_ url: HTTPURL, authorities: String?, tokenFile: String?) throws -> HTTPCall {
    var token: String?
    if let tokenFile {
      let key = "accounts.external.token-file"
      let line = try AccountDatabase.firstLine(of: tokenFile, .standard, key)
      guard line.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw SettingsError([
          SettingsProblem(
            .standard, key: key, "\(quoted(tokenFile)) has a first line that is not printable ASCII without blanks")
        ])
      }
      token = line
    }
    var options = TLSClientOptions()
    if let authorities { options.authorities = .files([authorities]) }
    return try HTTPCall(url, tls: options, token: token)
  }
}
