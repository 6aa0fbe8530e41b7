// What the process gives up once it listens: privileges, files, and connections to other ports than weftpd's.

import Glibc
import LinuxSystem
import Logging

/// Restricts the process. Threads that run already are not restricted, so it is called before there are any.
enum Hardening {
  /// The page has been read, and sockets listen; from now on no file can be written, and only what the system's libraries need can be read.
  static func apply(_ options: ConsoleOptions, _ logger: Logger) throws(SystemError) {
    try ThisProcess.renounceNewPrivileges()
    let version = Landlock.version
    guard version > 0 else {
      logger.notice("this kernel has no Landlock: the console is not confined by it")
      return
    }
    var ports: Landlock.PortAccess = []
    // Data connections go to any of weftpd's passive ports, so that connecting stays free; listening does not, except for the active mode.
    if version >= 4 { ports = [.bind] }
    let rules = try Landlock.Ruleset(files: .all(version: version), ports: ports, scopes: version >= 6 ? .signals : [])
    // Names of users and hosts, the clock's zone, random numbers, and the sockets that are connected to again and again.
    let system = [
      "/etc", "/usr/share/zoneinfo", "/dev/urandom", "/dev/null", "/proc", "/sys", "/run/systemd", "/usr/lib", "/lib",
    ]
    for path in system {
      do throws(SystemError) { try rules.allow(.read, at: path) } catch {
        guard error.code == ENOENT || error.code == EACCES else { throw error }
      }
    }
    if ports.contains(.bind) { try rules.allow(.bind, port: 0) }
    try rules.restrictThread()
  }
}
