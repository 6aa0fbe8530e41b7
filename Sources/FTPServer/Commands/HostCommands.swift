// HOST (RFC 7151): which of the hosts that share this address the client wants.

import FTPProtocol
import LinuxSystem

extension Session {
  /// HOST name: before USER, as often as the client likes; the last one counts (section 3.2).
  func host(_ command: Command) throws(FTPError) -> Reply {
    guard case .greeted = login else { throw .sequence("HOST has to come before USER.") }
    guard let name = HostName(command.argument) else {
      throw .syntax("Usage: HOST <name>, a domain name, an IPv4 address or an [IPv6 address], without a port.")
    }
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
    if let begun = control.tls?.serverName, begun != found?.name, found != nil || configuration.hosts[begun] != nil {
      // RFC 6066, section 3: the name of the handshake is not to be changed afterwards. The certificate was shown for that one.
      throw .parameter("TLS was begun for another host: HOST has to name the same.")
    }
    makeExtras().host = found
    applyDefaultType()
    return Reply(220, greeting)
  }

  private static var unknownHost: FTPError { .parameter("There is no host of this name here.") }
}
