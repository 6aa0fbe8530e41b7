// Holds a running login against the accounts after they have changed: it goes on, goes on with other rights, or ends.

import Accounts
import FTPProtocol
import LinuxSystem
import Logging
import MultipathTCP

extension Session {
  /// Acts on the news about the accounts and the policy. Called between commands and between the pieces of a transfer.
  func reviewLogin() {
    let news = activity.takeNews()
    if news.wantsPaths { tellPaths() }
    if news.hasWords { makeExtras().hasWords = true }
    if news.wantsReview { reviewPolicy() }
    // USER may have begun another login while a transfer of the last one goes on: that transfer is held against the accounts, too.
    for identity in [identity, transfer?.identity].compactMap({ $0 }) {
      if let answer = news.answer { judge(identity, answer) }
      if news.wantsRecheck { recheck(identity) }
    }
    if news.wantsRecheck { applyQuotas() }
    applyRates()
  }

  private func tellPaths() {
    activity.tellPaths(
      SessionPaths(
        control: ConnectionReport(control.number), localUser: control.localUser, data: channels.current?.paths))
  }

  private func recheck(_ identity: Identity) {
    if case .anonymous = identity.proof { return judge(identity, nil) }
    switch accounts.entryNow(named: identity.account.name) {
    case .known(let entry): judge(identity, entry)
    case .takesTime: askAgain(identity.account.name)
    }
  }

  private func judge(_ identity: Identity, _ entry: UserEntry?) {
    // A slow answer may be about somebody who has logged out meanwhile.
    if let entry, entry.name != identity.account.name { return }
    switch identity.standing(
      in: accounts, entry: entry, isProtected: control.protection != .clear || control.localUser != nil,
      from: control.peerPolicy.addresses)
    {
    case .unchanged: break
    case .changed(let account):
      guard identity === self.identity else { break }
      login = .loggedIn(identity.with(account))
      tell(.info, "the user's entry has changed: it holds from the next command on", record())
    case .ended(let why):
      if activity.isTold { break }
      tell(.notice, "ending the session: \(why)", record(result: 421))
      activity.end(saying: "Your account has changed. Log in again.")
    }
  }

  /// Asks a directory that takes its time, as often as needed: that it cannot tell is no reason to end a session.
  private func askAgain(_ name: [UInt8]) {
    let (directory, limit, activity, context) = (accounts.directory, context.lookups, activity, context)
    Task.detached {
      var pause: Int64 = 100
      while context.registry.contains(activity.id), context.ending.load(ordering: .relaxed) == .no {
        if limit.enter() {
          let answer: Result<UserEntry?, AccountDirectoryError>
          do throws(AccountDirectoryError) {
            answer = .success(try await directory.entry(named: name))
          } catch {
            answer = .failure(error)
          }
          limit.leave()
          if case .success(let entry) = answer { return activity.answer(entry) }
        }
        try? await Task.sleep(for: .milliseconds(pause))
        pause = min(pause * 2, 10_000)
      }
    }
  }
}
