// What few sessions have need of, kept out of those that do not: the virtual host, the language, the character set.

import FTPProtocol
import LinuxSystem

/// State that comes with a command few clients send. A session without has no such object; REIN drops it.
final class SessionExtras {
  /// What HOST chose, or without HOST the name in the TLS handshake.
  var host: VirtualHost?
  /// What HOST gave, while it is in force.
  var hostName: HostName?
  /// What LANG chose; nil is English.
  var language: Language?
  /// The character set of the user's entry, while it is in force.
  var charset: Charset?
  /// What OPTS LIMITS has told.
  var stated: TransferLimits?
  /// OPTS UTF8 ON was given: the character set of the user's entry is not wanted.
  var wantsUTF8 = false

  /// The operator has said something, which waits for a reply that can carry it.
  var hasWords = false

  /// A reply as this client is to read it.
  ///
  /// - Parameter activity: knows the last command, and what the operator says.
  func worded(_ reply: Reply, _ activity: SessionActivity) -> Reply {
    var reply = reply
    if let language { reply = reply.translated(to: language) }
    if hasWords, let verb = activity.verb, OperatorWords.canStand(before: reply, to: verb) {
      hasWords = false
      reply = reply.preceded(by: activity.takeWords().map { Array($0.utf8) })
    }
    if let charset { reply = reply.mapped { charset.encode($0) } }
    return reply
  }
}

extension Session {
  /// The extras, made on first use.
  func makeExtras() -> SessionExtras {
    if let extras { return extras }
    let made = SessionExtras()
    extras = made
    return made
  }

  /// The virtual host that was chosen, if any.
  var virtualHost: VirtualHost? { extras?.host }

  /// Who may log in here, as it is now: a reload holds for sessions that run, too.
  var accounts: AccountSource { accounts(of: context.snapshot) }

  func accounts(of snapshot: ServerContext.Snapshot) -> AccountSource {
    guard let host = virtualHost else { return snapshot.accounts }
    if let own = snapshot.accounts.hosts[host.name] { return own }
    // A host that is no more has no users either.
    return snapshot.configuration.hosts[host.name] == nil ? AccountSource() : snapshot.accounts
  }

  /// The text of the 220 reply, here.
  var greeting: String { virtualHost?.greeting ?? configuration.greeting }

  /// Sets the transfer type that holds until the client sends TYPE: the user's, else the host's, else the server's.
  func applyDefaultType() {
    if parameters.isTypeChosen { return }
    let ofUser = identity?.account.options.defaultType.map { $0 == .image ? DefaultTransferType.image : .ascii }
    parameters.type = (ofUser ?? virtualHost?.defaultType ?? configuration.defaultType).type
  }

  /// Puts the character set of the user's entry in force, unless OPTS UTF8 ON was given.
  func applyCharset() {
    guard let name = identity?.account.options.charset, extras?.wantsUTF8 != true else {
      extras?.charset = nil
      return
    }
    makeExtras().charset = Charset(name)
  }

  /// A command with names in UTF-8, whatever the client's character set.
  func decoded(_ command: Command) -> Command {
    guard let charset = extras?.charset else { return command }
    return Command(verb: command.verb, argument: charset.decode(command.argument))
  }
}
