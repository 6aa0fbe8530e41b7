// What requests about accounts and disks do: on a queue of their own, so that neither sessions nor other operators wait for a table, a
// database or a hash.

import ControlProtocol
import LinuxSystem
import Logging
import SafeText

extension ControlServer {
  /// So many requests about accounts may wait; one more is refused.
  static let accountRequests = 64

  /// Runs `body` on the queue of accounts; what it throws is the answer to request `id`.
  private func work(
    _ id: UInt32, _ send: @escaping @Sendable ([UInt8]) -> Void,
    _ body: @escaping @Sendable (any AccountKeeper) throws(AccountRefusal) -> Void
  ) {
    let reply = { @Sendable (reply: ControlReply) in send(reply.encoded(id: id)) }
    guard let accounts = actions.accounts else {
      return reply(.refused(.unavailable, "this server's accounts cannot be looked at"))
    }
    guard waitingForAccounts.add(1, ordering: .relaxed).newValue <= Self.accountRequests else {
      waitingForAccounts.subtract(1, ordering: .relaxed)
      return reply(.refused(.tooMany, "\(Self.accountRequests) requests about accounts wait already: try again"))
    }
    accountQueue.async { [self] in
      defer { waitingForAccounts.subtract(1, ordering: .relaxed) }
      do throws(AccountRefusal) { try body(accounts) } catch { reply(.refused(error.kind, error.reason)) }
    }
  }

  func tellAccounts(
    matching pattern: [UInt8], from first: UInt32, count: UInt32, _ id: UInt32, _ watcher: Watcher
  ) {
    let send = sender(watcher)
    work(id, send) { (keeper) throws(AccountRefusal) in
      let place = try keeper.place()
      let wanted = min(Int(count), ControlLimits.accounts)
      let (accounts, total) = try keeper.accounts(matching: pattern, from: Int(first), count: wanted)
      send(ControlReply.accountPlace(place).encoded(id: id))
      var rest = accounts[...]
      while !rest.isEmpty {
        let (taken, packet) = ControlReply.packet(of: rest, id: id)
        send(packet)
        rest = rest.dropFirst(taken)
      }
      send(ControlReply.done(UInt32(clamping: total)).encoded(id: id))
    }
  }

  func tellFields(of name: [UInt8], _ id: UInt32, _ watcher: Watcher) {
    let send = sender(watcher)
    work(id, send) { (keeper) throws(AccountRefusal) in
      let fields = try keeper.fields(of: name)
      var rest = fields[...]
      while !rest.isEmpty {
        let (taken, packet) = ControlReply.packet(of: rest, id: id)
        send(packet)
        rest = rest.dropFirst(taken)
      }
      send(ControlReply.done(UInt32(clamping: fields.count)).encoded(id: id))
    }
  }

  func edit(_ edit: AccountEdit, _ id: UInt32, _ watcher: Watcher) {
    let send = sender(watcher)
    let who = watcher.name + (edit.author.isEmpty ? "" : ", for \(quoted(edit.author))")
    let what = Self.words(edit)
    work(id, send) { [logger] (keeper) throws(AccountRefusal) in
      let lines: [String]
      do throws(AccountRefusal) { lines = try keeper.edit(edit) } catch {
        logger.notice("\(who): \(what): refused: \(error.reason)")
        throw error
      }
      logger.notice("\(who): \(what)\(lines.isEmpty ? "" : ": " + lines.joined(separator: "; "))")
      for line in lines { send(ControlReply.text(Array("\(line)\n".utf8)).encoded(id: id)) }
      send(ControlReply.done(UInt32(clamping: lines.count)).encoded(id: id))
    }
  }

  func explain(_ question: AccountQuestion, _ id: UInt32, _ watcher: Watcher) {
    let send = sender(watcher)
    work(id, send) { (keeper) throws(AccountRefusal) in
      let (isAllowed, lines) = try keeper.explain(question)
      for line in lines { send(ControlReply.text(Array("\(line)\n".utf8)).encoded(id: id)) }
      send(ControlReply.done(isAllowed ? 1 : 0).encoded(id: id))
    }
  }

  /// A file system that hangs keeps nobody waiting but who asks for disks.
  func tellDisks(_ id: UInt32, _ watcher: Watcher) {
    let send = sender(watcher)
    guard isAskingDisks.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
      return send(ControlReply.refused(.tooMany, "a file system does not answer").encoded(id: id))
    }
    diskQueue.async { [self] in
      let disks = actions.disks
      isAskingDisks.store(false, ordering: .relaxed)
      send(ControlReply.disks(disks).encoded(id: id))
    }
  }

  private func sender(_ watcher: Watcher) -> @Sendable ([UInt8]) -> Void {
    { [bell] packet in if watcher.post(packet) { bell.ring() } }
  }

  /// What is asked, for the log. No values: the keeper tells them, with secrets hidden, once they are in force.
  private static func words(_ edit: AccountEdit) -> String {
    let name = quoted(String(decoding: edit.name, as: UTF8.self))
    switch edit.act {
    case .add: return "adds user \(name)"
    case .update: return "changes user \(name)"
    case .password(let password):
      return password.isEmpty ? "locks the password of user \(name)" : "sets a password for user \(name)"
    case .remove: return "removes user \(name)"
    case .recount: return "has the home of user \(name) counted"
    }
  }
}
