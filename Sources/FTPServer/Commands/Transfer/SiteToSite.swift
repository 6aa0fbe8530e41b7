// Transfers between this server and another, which one client steers (RFC 959, section 5.2, figure 3): who may, and TLS's roles there.

import Accounts
import FTPProtocol
import FTPTransfer
import Glibc
import LinuxSystem
import TransportSecurity

extension Session {
  /// Where other servers may be for this login; empty: nowhere.
  var partnerNetworks: [IPNetwork] { maySiteToSite ? configuration.transfer.siteToSiteNetworks : [] }

  private var maySiteToSite: Bool {
    // Whoever needs no password must not have the server connect to others.
    guard let account = identity?.account, !account.isAnonymous else { return false }
    // The ports of such sessions are on the loopback network, where no other server is.
    if control.localUser != nil { return false }
    switch configuration.transfer.siteToSite {
    case .off: return false
    case .users: return account.permissions.contains(.siteToSite)
    case .on: return account.options.isSiteToSiteAllowed ?? true
    }
  }

  /// Whom data connections of this session may be with.
  var dataPeers: PeerPolicy {
    var policy = control.dataPolicy
    policy.partners = partnerNetworks
    return policy
  }

  private func requireSiteToSite() throws(FTPError) {
    guard maySiteToSite else { throw .deniedByPolicy("Transfers between servers are not allowed here.") }
    guard isSecured else { throw .sequence("Send AUTH TLS first: this is about TLS between two servers.") }
  }

  /// SSCN ON has this server be TLS's client on data connections: of two servers one has to be. SSCN OFF ends that.
  func serverToServer(_ command: Command) throws(FTPError) -> Reply {
    switch String(decoding: command.argument, as: UTF8.self).uppercased() {
    case "": break
    case "ON":
      try requireSiteToSite()
      protection.isClient = true
    case "OFF": protection.isClient = false
    default: throw .syntax("Usage: SSCN [ON | OFF]")
    }
    return Reply(200, protection.isClient ? "SSCN:CLIENT METHOD" : "SSCN:SERVER METHOD")
  }

  /// CPSV: as PASV, with this server as TLS's client on the one data connection that comes.
  func clientPassive(_ command: Command) async throws(FTPError) -> Reply {
    try requireSiteToSite()
    let reply = try await passive(command)
    protection.isClientOnce = true
    return reply
  }

  /// This end of a data connection under TLS. The other one is the client, or the server it has named.
  func makeDataTLS(
    over data: DataConnection, of control: TLSConnection, receives: Bool, byKernel: Bool
  ) throws(TLSError) -> TLSConnection {
    guard protection.isTLSClient else {
      return try control.data(over: data.number, receives: receives, byKernel: byKernel)
    }
    let partners: TLSClientContext
    do { partners = try snapshot.partnerTLS() } catch {
      tell(.error, "cannot be TLS's client on a data connection: \(error)", record())
      throw .connection(SystemError(code: ENOTSUP, call: "TLS"))
    }
    do {
      return try partners.data(
        over: data.number, server: .address(data.peer.address), receives: receives, byKernel: byKernel)
    } catch {
      throw .handshake(error)
    }
  }
}
