// The login of users whom an authority outside knows (`accounts.external`).

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import Reactor
import TransportSecurity

extension Session {
  /// Whether names that no directory has are asked of an authority here.
  var asksAuthority: Bool { context.authority != nil && accounts.admitsLocalUsers }

  /// Asks the authority about a name that no directory has. Returns true if the client has been answered: it is logged in, or was told
  /// to try later.
  func isKnownOutside(_ attempt: LoginAttempt, _ password: [UInt8]) async -> Bool {
    guard let authority = context.authority, asksAuthority else { return false }
    guard attempt.isAdmitted(by: context.budget) else {
      await refuseOverBudget(attempt.name)
      return true
    }
    let question = LoginQuestion(
      user: attempt.name, password: password, peer: control.peer.address, server: try? control.localAddress(),
      host: virtualHost?.name, tls: tlsFacts)
    // Where PAM is asked next, only its refusal counts.
    let gate = attempt.gate(context.budget, counts: !admitsLocalUsers)
    switch await authority.check(question, gate: gate) {
    case .allowed(let entry):
      // What the authority says of TLS holds for the login itself, too.
      if let demand = entry.options.tlsDemand, let refusal = refusalInClear(demand) {
        reply(refusal)
        return true
      }
      context.budget.recordSuccess(attempt.name, from: attempt.addresses)
      reply(admit(accounts.account(for: entry), .outside(entry)))
      return true
    case .refused: return false
    case .overBudget:
      await refuseOverBudget(attempt.name)
      return true
    case .unavailable(let why):
      tell(.error, "a login could not be checked outside: \(why)", record(verb: "PASS", result: 421))
      reply(Reply(421, "Passwords cannot be checked now. Try again later."))
      isEnding = true
      return true
    }
  }

  private func refusalInClear(_ demand: AccountOptions.TLSDemand) -> Reply? {
    do throws(FTPError) {
      try requireProtectedLogin(TLSMode(demand))
      return nil
    } catch {
      return error.reply
    }
  }

  private var tlsFacts: LoginQuestion.TLSFacts? {
    guard control.protection == .secured, let tls = control.tls else { return nil }
    let certificate = tls.peerCertificate.flatMap { $0.isVerified ? CertificateHolder($0) : nil }
    return LoginQuestion.TLSFacts(summary: tls.summary, serverName: tls.serverName, certificate: certificate)
  }
}
