// HOST (RFC 7151): which of the hosts that share this address the client wants.

import FTPProtocol
import LinuxSystem

extension Session {
  /// HOST name: before the user is authenticated, as often as the client likes; only the last one counts, as if no other had come
  /// (sections 3 and 4), be it refused (section 3.3): a name given to USER is forgotten, and so is the host before.
  func host(_ command: Command) throws(FTPError) -> Reply {
    switch login {
    case .greeted: break
    case .named: login = .greeted
    case .verified, .loggedIn: throw .sequence("Send HOST before logging in.")
    }
    chooseHostByTLS()
    guard let name = HostName(command.argument) else {
      throw .syntax("Usage: HOST <name>, a domain name, an IPv4 address or an [IPv6 address], without a port.")
    }
    if let named = nameInTLS, named != name { throw .parameter("The TLS handshake named another host.") }
    let found: VirtualHost?
    switch name {
    case .name(let name):
      guard let host = configuration.hosts[name] else { throw Self.unknownHost }
      found = host
    case .address(let octets):
      // An address names what answers at it: the host without a name.
      guard let local = try? control.localAddress().address, local.octets == octets else { throw Self.unknownHost }
      found = nil
    }
    choose(found, as: name)
    return Reply(220, greeting)
  }

  /// What the client called the server in the TLS handshake (SNI, RFC 6066, section 3); nil where it did not.
  private var nameInTLS: HostName? { control.tls?.serverName.flatMap { HostName(Array($0.utf8)) } }

  /// Puts in force what holds without HOST: the virtual host whose name the TLS handshake had, or none.
  func chooseHostByTLS() {
    guard case .name(let name)? = nameInTLS, let host = configuration.hosts[name] else {
      if extras?.host != nil || extras?.hostName != nil { choose(nil, as: nil) }
      return
    }
    choose(host, as: nil)
  }

  /// Holds the name in the TLS handshake against the one HOST gave before (section 3.2.2); without HOST it chooses the host.
  ///
  /// - Returns: false if they differ.
  func agreesWithTLS() -> Bool {
    guard let given = extras?.hostName else {
      chooseHostByTLS()
      return true
    }
    return nameInTLS.map { $0 == given } ?? true
  }

  private func choose(_ host: VirtualHost?, as name: HostName?) {
    let extras = makeExtras()
    (extras.host, extras.hostName) = (host, name)
    // RFC 2640, section 4.1: HOST ends what LANG chose.
    if name != nil { extras.language = nil }
    applyDefaultType()
  }

  private static var unknownHost: FTPError { .parameter("There is no host of this name here.") }
}
