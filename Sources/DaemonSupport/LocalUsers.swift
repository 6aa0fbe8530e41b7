// Finds or starts weftpd-authd. Before privileges are dropped, because afterwards this process can start none that is root.

import Accounts
import DaemonSettings
import Glibc
import LinuxSystem
import Privileges

/// The way to weftpd-authd.
public enum LocalUsers {
  /// Connects to weftpd-authd, which answers for local users; nil when those may not log in.
  ///
  /// Without `accounts.authd-socket` this starts a weftpd-authd of its own, which ends with this process.
  /// - Throws: when that cannot be done.
  public static func prepare(_ settings: Settings) throws(PrivilegeError) -> LocalUserAuthenticator? {
    let local = settings.privileges.localUsers
    guard local.isEnabled else { return nil }
    if let fault = fault(settings) { throw PrivilegeError(description: "accounts.local \(fault)") }
    let place: LocalUserAuthenticator.Place
    if let path = local.helperSocket {
      place = .path(File.absolutePath(path))
    } else {
      place = .connected(try start(local))
    }
    return LocalUserAuthenticator(
      place, service: local.service, minimumUser: local.minimumUser)
  }

  /// Why ``prepare(_:)`` cannot start a weftpd-authd; nil when it can, or need not.
  static func fault(_ settings: Settings) -> String? {
    let local = settings.privileges.localUsers
    guard local.isEnabled, local.helperSocket == nil else { return nil }
    if ThisProcess.user != 0 {
      return "needs weftpd-authd: set accounts.authd-socket to where systemd listens for it, or start weftpd as root"
    }
    return program == nil
      ? "needs weftpd-authd, which is not installed; expected at \(places.joined(separator: " or "))" : nil
  }

  private static var program: String? { places.first { access($0, X_OK) == 0 } }

  private static func start(_ local: LocalUserSettings) throws(PrivilegeError) -> Int32 {
    guard let program else { throw PrivilegeError(description: "weftpd-authd is not installed") }
    do throws(SystemError) {
      let (own, other) = try PacketSocket.pair()
      defer { _ = Descriptor(owning: other) }
      _ = try ChildProcesses.spawn(
        program, ["--channel", "3", "--service", local.service, "--minimum-uid", String(local.minimumUser)],
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SWIFT_BACKTRACE=enable=no"], descriptor: other)
      return own
    } catch {
      throw PrivilegeError(description: "\(program) cannot be started: \(error)")
    }
  }

  /// Beside weftpd, and where `make install` puts it.
  private static var places: [String] {
    let own = (try? File.resolvedPath("/proc/self/exe")) ?? "/usr/local/sbin/weftpd"
    let directory = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ""
    return ["\(directory)/weftpd-authd", "\(directory)/../lib/weftpd/weftpd-authd"]
  }
}
