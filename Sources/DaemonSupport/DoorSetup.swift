// From the settings of `proxy.socket` to the door: its user, and whether its place and the kernel keep others out.

import DaemonSettings
import FTPServer
import LinuxSystem
import MultipathTCP
import Privileges
import SafeText

/// Makes ready what `proxy.socket` needs.
enum DoorSetup {
  /// What is wrong, in words that follow the key.
  struct Fault: Error {
    let key: String
    let message: String
  }

  /// The door of these settings; nil if they have none. Nothing is made yet.
  ///
  /// - Parameter plan: who the process is going to be; nil: not known.
  static func door(_ settings: Settings, _ plan: PrivilegePlan?) throws(Fault) -> LocalDoor? {
    guard let path = settings.server.proxy.socket else { return nil }
    let name = settings.server.proxy.socketUser
    let user: SystemUser?
    do throws(SystemError) { user = try UserDatabase.user(named: name) } catch {
      throw Fault(key: "proxy.socket-user", message: "\(quoted(name)) cannot be looked up: \(error)")
    }
    guard let user else {
      throw Fault(
        key: "proxy.socket-user",
        message: "there is no user \(quoted(name)) on this system; name the one that weftpd-console runs as")
    }
    guard ThisProcess.knows(user: user.user) else {
      throw Fault(
        key: "proxy.socket-user",
        message:
          "\(quoted(name)) (uid \(user.user)) cannot be told from others in this user namespace: set PrivateUsers=no "
          + "in the unit, as the drop-in weftpd-console.conf does")
    }
    var owners: Set<UInt32> = [ThisProcess.user]
    if case .becomes(let own)? = plan?.identity { owners.insert(own.user) }
    if let fault = LocalSocket.placeFault(path, owners: owners) {
      throw Fault(key: "proxy.socket", message: "\(quoted(path)) \(fault)")
    }
    if let fault = SocketOwner.fault {
      throw Fault(
        key: "proxy.socket",
        message: "needs the kernel to say whose a connection is, and it does not: \(fault); a unit needs "
          + "RestrictAddressFamilies=AF_NETLINK, as the drop-in weftpd-console.conf has it")
    }
    return LocalDoor(path: File.absolutePath(path), user: user.user, name: name)
  }
}
