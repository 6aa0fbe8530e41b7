// Why a user may do something, or may not: the same rules that sessions ask, answered in words.

import Accounts
import FTPProtocol
import LinuxSystem

/// A question about a user, a command and a path.
public struct AccessQuestion: Sendable {
  /// The name as USER sends it.
  public var user: [UInt8]
  /// Where the client comes from; nil: that is not asked.
  public var address: IPAddress?
  /// The command: `RETR`, `SITE CHMOD`.
  public var verb: String
  /// As the user sees it, from the user's `/`.
  public var path: [UInt8]
  /// What a command with several paths reads from: the source of a copy, the parts of COMB.
  public var sources: [[UInt8]] = []
  /// Seconds since 1970-01-01 00:00:00 UTC.
  public var time: Int64

  /// - Parameter words: the command as the client sends it. What stands between the verb and the path, such as the mode of SITE CHMOD,
  ///   does not matter.
  public init(user: [UInt8], address: IPAddress? = nil, words: [String]) {
    let verbLength = words.first?.uppercased() == "SITE" ? 2 : 1
    let verb = words.prefix(verbLength).joined(separator: " ")
    let paths = words.dropFirst(verbLength).map { Array($0.utf8) }
    // COMB names first what it makes; all others name last what they are about.
    let isTargetFirst = verb.uppercased() == "COMB"
    self.init(user: user, address: address, verb: verb, path: (isTargetFirst ? paths.first : paths.last) ?? [])
    if CommandNeed.ofSource(verb) != nil {
      sources = isTargetFirst ? Array(paths.dropFirst()) : Array(paths.dropLast().suffix(1))
    }
  }

  public init(user: [UInt8], address: IPAddress? = nil, verb: String, path: [UInt8], time: Int64 = WallClock.seconds) {
    self.user = user
    self.address = address
    self.verb = verb
    self.path = path
    self.time = time
  }
}

/// The answer to an ``AccessQuestion``.
public struct AccessExplanation: Sendable {
  /// Whether the command would be let through to the file system.
  public var isAllowed = true
  /// What decides, in the order in which it is asked.
  public private(set) var lines: [String] = []
  /// What would have to change for the answer to be yes.
  public private(set) var changes: [String] = []

  mutating func note(_ line: String) { lines.append(line) }

  /// Makes the answer no.
  ///
  /// - Parameters:
  ///   - line: what decides.
  ///   - change: what would have to change.
  public mutating func refuse(_ line: String, _ change: String) {
    isAllowed = false
    lines.append(line)
    changes.append(change)
  }
}

extension AccountSource {
  /// Says whether the command would be let through, and what decides.
  ///
  /// - Parameter place: where the entry of a user stands, as `/etc/weftpd/users, line 3`.
  public func explain(_ question: AccessQuestion, place: (UserEntry) -> String) -> AccessExplanation {
    var answer = AccessExplanation()
    let account: Account
    let origin: Origin
    if Account.isAnonymousName(question.user), let anonymous = anonymousAccount {
      account = anonymous
      origin = Origin(account, nil, place: "accounts.anonymous")
    } else {
      guard case .known(let known) = entryNow(named: question.user), let entry = known else {
        answer.refuse("There is no user of this name.", "Add the user: weftpd user add.")
        return answer
      }
      account = self.account(for: entry)
      origin = Origin(account, entry, place: place(entry))
      explainLogin(entry, question, origin, &answer)
    }
    let path: VirtualPath
    do { path = try VirtualPath(question.path) } catch {
      answer.refuse("The path cannot be one: \(error).", "Give a path from / on.")
      return answer
    }
    var sources: [VirtualPath] = []
    for source in question.sources {
      do { sources.append(try VirtualPath(source)) } catch {
        answer.refuse("The path cannot be one: \(error).", "Give a path from / on.")
        return answer
      }
    }
    guard let need = CommandNeed.of(question.verb) else {
      answer.refuse(
        "\(question.verb.uppercased()) is no command with a path.",
        "Ask for one of \(CommandNeed.verbs.joined(separator: ", ")).")
      return answer
    }
    let explanation = PathExplanation(
      account: account, origin: origin, isAllReadOnly: isReadOnly, verb: question.verb.uppercased())
    if let sourceNeed = CommandNeed.ofSource(question.verb) {
      for source in sources { explanation.explain(sourceNeed, source, &answer) }
    }
    explanation.explain(need, path, &answer)
    return answer
  }

  private func explainLogin(
    _ entry: UserEntry, _ question: AccessQuestion, _ origin: Origin, _ answer: inout AccessExplanation
  ) {
    answer.note("The user stands in \(origin.place).")
    if entry.isLocked {
      answer.refuse("The password is locked: nobody can log in with one.", "Give a password: weftpd user password.")
    }
    let options = entry.options
    if !options.isEnabled { answer.refuse("\(origin.of("enabled")) is no.", "Set enabled to yes.") }
    if let expiry = options.expiry, question.time >= expiry {
      answer.refuse("\(origin.of("expires")) is past.", "Set a later day, or take expires away.")
    }
    if let hours = options.hours, !hours.contain(WeekMoment(seconds: question.time)) {
      answer.refuse("\(origin.of("hours")) excludes this hour.", "Ask within the hours, or change them.")
    }
    if let address = question.address, !options.peers.isEmpty, !options.peers.contains(where: { $0.contains(address) })
    {
      answer.refuse("\(origin.of("from")) excludes \(address).", "Add a network that contains \(address) to from.")
    }
    if options.tlsDemand != nil { answer.note("\(origin.of("tls")): the client has to use TLS.") }
  }
}

/// Where the options of an account come from.
struct Origin {
  /// Where the entry stands.
  let place: String
  private let own: AccountOptions
  private let all: AccountOptions
  private let groups: [SharedGroup]

  init(_ account: Account, _ entry: UserEntry?, place: String) {
    self.place = place
    own = entry?.ownOptions ?? account.options
    all = account.options
    groups = account.groups
  }

  /// The option with its value, and the group that has handed it on.
  func of(_ key: String) -> String { "\(key)=\(all.texts[key] ?? "")\(giver(of: key))" }

  /// The group that has handed an option on, as ` (of the group staff, line 3)`; empty if the entry has it itself.
  func giver(of key: String) -> String {
    guard own.texts[key] == nil, let group = groups.first(where: { $0.group.options.texts[key] != nil })?.group else {
      return ""
    }
    return " (of the group \(group.name)\(group.line > 0 ? ", line \(group.line)" : ""))"
  }
}
