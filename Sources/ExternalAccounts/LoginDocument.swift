// The two documents of external authentication: the question about a login, and the answer. docs/accounts.md describes both.

import Accounts
import LinuxSystem

/// The question as JSON.
enum LoginDocument {
  /// nil if the name or the password is not UTF-8, which is all that JSON can hold: whoever is asked could not be told them apart from
  /// others, so nobody is.
  static func question(_ login: LoginQuestion) -> [UInt8]? {
    guard let user = String(validating: login.user, as: UTF8.self),
      let password = String(validating: login.password, as: UTF8.self)
    else { return nil }
    var members: [String: JSONValue] = [
      "version": .number("1"), "protocol": .string("ftp"), "user": .string(user), "password": .string(password),
      "peer": .object(["address": .string(login.peer.description)]), "host": .null, "tls": .null,
    ]
    if let server = login.server {
      members["server"] = .object([
        "address": .string(server.address.description), "port": .number("\(server.port)"),
      ])
    }
    if let host = login.host { members["host"] = .string(host) }
    if let tls = login.tls { members["tls"] = facts(tls) }
    return Array(JSONValue.object(members).text.utf8)
  }

  private static func facts(_ tls: LoginQuestion.TLSFacts) -> JSONValue {
    let words = tls.summary.split(separator: " ", maxSplits: 1).map(String.init)
    var members: [String: JSONValue] = [
      "version": .string(words.first ?? ""), "cipher": .string(words.count > 1 ? words[1] : ""), "server_name": .null,
      "certificate": .null,
    ]
    if let name = tls.serverName { members["server_name"] = .string(name) }
    if let holder = tls.certificate {
      func texts(_ names: [[UInt8]]) -> JSONValue { .list(names.map { .string(String(decoding: $0, as: UTF8.self)) }) }
      let digits = holder.fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
      members["certificate"] = .object([
        "fingerprint": .string(digits.joined()), "common_names": texts(holder.commonNames),
        "alternative_names": texts(holder.alternativeNames),
      ])
    }
    return .object(members)
  }

  /// What an answer says about `user`.
  ///
  /// - Throws: what is wrong with it, in words that follow "the answer".
  static func verdict(_ answer: [UInt8], user: [UInt8]) throws(JSONError) -> AuthorityVerdict {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(answer) } catch { throw JSONError("is not JSON: \(error.reason)") }
    guard case .object(let members) = value, case .bool(let isAllowed)? = members["allow"] else {
      throw JSONError("has no \"allow\" that is true or false")
    }
    if !isAllowed { return .refused }
    guard case .object(let entry)? = members["entry"] else { throw JSONError("allows, but has no \"entry\"") }
    return .allowed(try read(entry, user))
  }

  /// Options by which a user proves something at the login, which is proven already.
  private static let proofs = ["account", "certificate", "totp"]

  private static func read(_ members: [String: JSONValue], _ user: [UInt8]) throws(JSONError) -> UserEntry {
    var texts: [String: String] = [:]
    for (key, value) in members {
      if proofs.contains(key) { throw JSONError("sets \"\(key)\", which has no meaning once the login is allowed") }
      switch value {
      case .string(let text): texts[key] = text
      case .number(let digits): texts[key] = digits
      case .bool(let value): texts[key] = value ? "yes" : "no"
      // Not set.
      case .null: continue
      // As a YAML table has lists.
      case .list(let items):
        var parts: [String] = []
        for case .string(let text) in items { parts.append(text) }
        guard parts.count == items.count, !parts.isEmpty else {
          throw JSONError("has a list with something else than texts for \"\(shown(key))\"")
        }
        texts[key] = parts.joined(separator: ";")
      case .object: throw JSONError("has neither text, number nor truth value for \"\(shown(key))\"")
      }
    }
    guard let home = texts.removeValue(forKey: "home") else { throw JSONError("allows, but names no \"home\"") }
    // Refused if it is missing: whoever forgets it has not said that the user may write.
    guard let access = texts.removeValue(forKey: "access") else {
      throw JSONError("allows, but has no \"access\", ro or rw")
    }
    let row = AccountRow(
      name: String(decoding: user, as: UTF8.self), hash: "*", home: home, access: access, options: texts)
    do throws(AccountDirectoryError) { return try row.entry() } catch { throw JSONError("is wrong: \(error)") }
  }

  private static func shown(_ key: String) -> String { Account.display(key.utf8.prefix(64)) }
}
