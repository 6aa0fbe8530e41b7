// The part of an explanation that is about a path: what the kernel finds there, and which rule decides.

import Accounts
import FTPProtocol
import Jail
import LinuxSystem

struct PathExplanation {
  let account: Account
  let origin: Origin
  /// `accounts.read-only`.
  let isAllReadOnly: Bool
  let verb: String

  func explain(_ need: CommandNeed, _ path: VirtualPath, _ answer: inout AccessExplanation) {
    let found = look(path, &answer)
    judge(need, path, isThere: found?.isThere ?? false, &answer)
    if let found, found.path != path {
      answer.note("A link leads from \(path) to \(found.path), which is asked about too.")
      judge(need, found.path, isThere: found.isThere, &answer)
    }
    judgeName(found?.path ?? path, found?.status, &answer)
    if let status = found?.status {
      answer.note(
        "Besides, the file system decides: owner \(status.owner), group \(status.group), mode \(octal(status.permissions))."
      )
    }
  }

  /// Some names can neither be removed nor given away, whoever asks.
  private func judgeName(_ path: VirtualPath, _ status: FileStatus?, _ answer: inout AccessExplanation) {
    let (removes, renames) = (Self.removing.contains(verb), verb == "RNFR" || verb == "RNTO")
    guard removes || renames else { return }
    if path.isRoot { return answer.refuse("/ cannot be removed or renamed.", "Name something in it.") }
    if let directory = account.options.directories.first(where: { $0.path == path }) {
      return answer.refuse(
        "\(path) is a virtual directory, which cannot be removed or renamed: \(origin.of("directories")).",
        "Take \(directory.path) out of directories.")
    }
    guard let rules = FileRules(account), rules.isDivided(path), status?.isDirectory ?? true else { return }
    if verb == "RNFR" {
      return answer.refuse(
        "Parts of \(path) have rules of their own, so it cannot be renamed.",
        "Take the rules about its parts away, or rename what is in it.")
    }
    if verb == "RNTO" {
      return answer.note("A directory cannot get this name, because parts beneath it would have rules of their own.")
    }
    if verb == "SITE RMDIR" { answer.note("Parts of \(path) have rules of their own, which are asked about too.") }
  }

  private static let removing: Set<String> = ["RMD", "XRMD", "DELE", "SITE RMDIR"]

  /// Where the kernel finds the path; nil if the tree cannot be opened.
  private func look(
    _ path: VirtualPath, _ answer: inout AccessExplanation
  ) -> (path: VirtualPath, isThere: Bool, status: FileStatus?)? {
    let jail: Jail
    do throws(SystemError) {
      var branches: [JailBranch] = []
      for directory in account.options.directories {
        branches.append(JailBranch(path: directory.path, jail: try Jail(root: directory.target)))
      }
      jail = try Jail(root: account.home).with(branches)
    } catch {
      answer.refuse(
        "\(account.home) cannot be opened: \(error.reason).",
        "Make the directory, or have weftpd be allowed to enter it.")
      return nil
    }
    do throws(SystemError) {
      let follows = !Self.staysAtLinks.contains(verb)
      let found = try jail.look(at: path, followingLink: follows)
      answer.note(found.status == nil ? "There is nothing at \(path)." : "There is something at \(path).")
      let parent = found.status == nil ? try? jail.status(of: path.parent) : nil
      return (found.path, found.status != nil, found.status ?? parent)
    } catch {
      answer.note("Nothing can be looked up at \(path): \(error.reason).")
      return nil
    }
  }

  /// What these do to a link they do to the link itself.
  private static let staysAtLinks: Set<String> = [
    "DELE", "RMD", "XRMD", "RNFR", "RNTO", "MLST", "SITE RMDIR", "SITE SYMLINK",
  ]

  private func judge(_ need: CommandNeed, _ path: VirtualPath, isThere: Bool, _ answer: inout AccessExplanation) {
    let rules = FileRules(account)
    let (granted, reason) = rules?.decision(at: path) ?? (account.permissions, .everywhere)
    if case .hidden(let pattern) = reason {
      return answer.refuse(
        "\(path) is hidden by the pattern \(pattern.text) of \(origin.of("hide")).", "Take the pattern out of hide.")
    }
    let missing: AccountPermissions
    switch need {
    case .visible: missing = []
    case .all(let all): missing = all.subtracting(granted)
    case .any(let any): missing = granted.isDisjoint(with: any) ? any : []
    case .store:
      let needed: AccountPermissions = isThere ? .overwrite : .write
      missing = needed.subtracting(granted)
    }
    if case .visible = need { return answer.note("\(verb) needs only that \(path) is not hidden.") }
    let rule = words(reason, path)
    if missing.isEmpty { return answer.note("\(verb) is granted: \(rule).") }
    let names = missing.names.replacing("+", with: isAny(need) ? " or " : " and ")
    answer.refuse("\(verb) needs \(names) at \(path): \(rule).", change(reason, names))
  }

  private func isAny(_ need: CommandNeed) -> Bool { if case .any = need { true } else { false } }

  private func words(_ reason: FileRules.Reason, _ path: VirtualPath) -> String {
    switch reason {
    case .everywhere:
      return account.options.permissionRules.isEmpty
        ? "the entry is \(account.permissions.names)"
        : "no rule is about \(path), and the entry is \(account.permissions.names)"
    case .rule(let index):
      let rule = account.options.permissionRules[index]
      return
        "rule \(index + 1) of permissions\(origin.giver(of: "permissions")), \(rule.pattern.text)=\(rule.permissions.names), is the first about \(path)"
        + (isAllReadOnly ? ", and accounts.read-only is set" : "")
    case .hidden(let pattern): return "hidden by \(pattern.text)"
    case .denied(let pattern): return "the pattern \(pattern.text) of \(origin.of("deny")) denies it"
    case .readOnlyDirectory(let directory): return "the virtual directory \(directory.path) may only be read"
    }
  }

  private func change(_ reason: FileRules.Reason, _ names: String) -> String {
    if isAllReadOnly { return "Set accounts.read-only to no, and grant \(names)." }
    switch reason {
    case .everywhere: return "Make the entry rw, or put a rule with \(names) into permissions."
    case .rule(let index): return "Add \(names) to rule \(index + 1), or put another rule before it."
    case .hidden: return "Take the pattern out of hide."
    case .denied: return "Take the pattern out of deny."
    case .readOnlyDirectory: return "Take =ro away from the virtual directory."
    }
  }

  private func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o7777, radix: 8)
    return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
  }
}
