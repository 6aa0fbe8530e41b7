// What few sessions have need of, kept out of those that do not: the virtual host and the like.

import FTPProtocol

/// State that comes with a command few clients send. A session without has no such object; REIN drops it.
final class SessionExtras {
  /// What HOST chose.
  var host: VirtualHost?
}

extension Session {
  /// The extras, made on first use.
  func makeExtras() -> SessionExtras {
    if let extras { return extras }
    let made = SessionExtras()
    extras = made
    return made
  }

  /// The virtual host HOST chose; nil before HOST.
  var virtualHost: VirtualHost? { extras?.host }

  /// Who may log in, here.
  var accounts: AccountSource { virtualHost.flatMap { snapshot.accounts.hosts[$0.name] } ?? snapshot.accounts }

  /// The text of the 220 reply, here.
  var greeting: String { virtualHost?.greeting ?? configuration.greeting }

  /// Sets the transfer type that holds until the client sends TYPE: the user's, else the host's, else the server's.
  func applyDefaultType() {
    if parameters.isTypeChosen { return }
    let ofUser = identity?.account.attributes["default-type"].flatMap(DefaultTransferType.init(rawValue:))
    parameters.type = (ofUser ?? virtualHost?.defaultType ?? configuration.defaultType).type
  }
}
