// The operator's page of users: weftpd is asked by its control socket, and changes accounts with its own rights.

import ControlProtocol
import HTTPTypes
import Hummingbird
import SafeText

extension OperatorPages {
  private struct Accounts: Encodable {
    struct Account: Encodable {
      let name: String
      /// The name's bytes, percent-encoded.
      let key: String
      let home: String
      let isReadOnly: Bool
      let isEnabled: Bool
      let isLocked: Bool
      let hasSecondFactor: Bool
      let groups: [String]
    }
    var place = ""
    /// Why nothing can be changed, and what to do; empty: it can.
    var obstacle = ""
    var total: UInt32 = 0
    var accounts: [Account] = []
  }

  /// Users from one on, as many as a page shows.
  func accounts(_ query: Query) async throws -> Response {
    let first = query["from"].flatMap { UInt32($0) } ?? 0
    let count = query["count"].flatMap { UInt32($0) } ?? 100
    var answer = Accounts()
    let request = ControlRequest.accounts(matching: query.bytes("match") ?? [], from: first, count: count)
    for reply in try await bridge.ask(request) {
      switch reply {
      case .accountPlace(let place): (answer.place, answer.obstacle) = (place.place, place.obstacle)
      case .accounts(let accounts): answer.accounts += accounts.map(Self.account)
      case .done(let total): answer.total = total
      default: break
      }
    }
    return .json(answer)
  }

  private static func account(_ entry: AccountEntry) -> Accounts.Account {
    Accounts.Account(
      name: shown(entry.name), key: percentEncoded(entry.name), home: shown(entry.home.utf8),
      isReadOnly: entry.isReadOnly, isEnabled: entry.isEnabled, isLocked: entry.isLocked,
      hasSecondFactor: entry.hasSecondFactor, groups: entry.groups.split(separator: ";").map { shown($0.utf8) })
  }

  private struct Field: Encodable {
    let key: String
    /// As it is: it comes back when it is changed.
    let value: String
    /// `none`, `entry` or `group`.
    let origin: String
    let isHidden: Bool
    let expected: String
    let meaning: String
  }

  /// All fields of one user.
  func account(_ key: Substring) async throws -> Response {
    guard let name = percentDecoded(key), !name.isEmpty else { throw Problem(.notFound, "There is no such user.") }
    let fields = try await bridge.ask(.account(name)).flatMap { reply -> [AccountFieldEntry] in
      if case .accountFields(let fields) = reply { return fields }
      return []
    }
    return .json(
      fields.map {
        Field(
          key: $0.key, value: $0.value, origin: "\($0.origin)", isHidden: $0.isHidden, expected: $0.expected,
          meaning: $0.meaning)
      })
  }

  private struct Edit: Decodable {
    var key: String
    var act: String
    var password: String?
    var set: [String: String]?
    var unset: [String]?
    /// What is typed where an act cannot be taken back.
    var confirmation: String?
  }

  /// Adds, changes or removes a user.
  func editAccount(_ request: Request, _ session: BrowserSession) async throws -> Response {
    let edit = try await request.json(Edit.self)
    guard let name = percentDecoded(edit.key[...]), !name.isEmpty else {
      throw Problem(.badRequest, "Which user is meant?")
    }
    let set = (edit.set ?? [:]).sorted { $0.key < $1.key }.map { AccountSetting(key: $0.key, value: $0.value) }
    let act: AccountEdit.Act
    let words: String
    switch edit.act {
    case "add": (act, words) = (.add(password: Array((edit.password ?? "").utf8), set: set), "adds")
    case "update": (act, words) = (.update(set: set, unset: edit.unset ?? []), "changes")
    case "password": (act, words) = (.password(Array((edit.password ?? "").utf8)), "sets the password of")
    case "remove":
      guard edit.confirmation == shown(name) else { throw Problem(.badRequest, "Type the user's name to confirm.") }
      (act, words) = (.remove, "removes")
    case "recount": (act, words) = (.recount, "has the home counted of")
    default: throw Problem(.badRequest, "There is no such act.")
    }
    let keys = (set.map(\.key) + (edit.unset ?? [])).joined(separator: ", ")
    let asked = ControlRequest.edit(AccountEdit(name: name, act, author: session.actor))
    guard set.count + (edit.unset?.count ?? 0) <= ControlLimits.fields,
      set.allSatisfy({ $0.value.utf8.count <= ControlLimits.value }),
      asked.encoded(id: 0).count <= ControlLimits.request
    else { throw Problem(.contentTooLarge, "That is more than weftpd takes at once.") }
    let replies = try await acting(
      "\(words) the user \(quoted(shown(name)))\(keys.isEmpty ? "" : " (\(keys))")", session
    ) { () throws(Problem) in try await bridge.ask(asked) }
    return .json(["lines": Self.lines(replies)])
  }

  private struct Question: Decodable {
    var key: String
    var verb: String
    var path: String
    var address: String?
  }

  private struct Explanation: Encodable {
    let isAllowed: Bool
    let lines: [String]
  }

  /// Whether a user may do something, and which rule decides. It changes nothing, so it is no act.
  func explain(_ request: Request) async throws -> Response {
    let question = try await request.json(Question.self)
    guard let name = percentDecoded(question.key[...]), !name.isEmpty else {
      throw Problem(.badRequest, "Which user is meant?")
    }
    guard question.path.utf8.count <= ControlLimits.path, question.verb.utf8.count <= ControlLimits.key,
      (question.address ?? "").utf8.count <= ControlLimits.address
    else { throw Problem(.contentTooLarge, "That is more than weftpd takes at once.") }
    let replies = try await bridge.ask(
      .explain(
        AccountQuestion(
          name: name, verb: question.verb, path: Array(question.path.utf8), address: question.address ?? "")))
    return .json(Explanation(isAllowed: replies.last == .done(1), lines: Self.lines(replies)))
  }

  private static func lines(_ replies: [ControlReply]) -> [String] {
    let text = replies.flatMap { reply -> [UInt8] in
      if case .text(let part) = reply { return part }
      return []
    }
    return text.split(separator: 0x0A).map { shown($0) }
  }
}
