// Everything an account's entry says about single paths, put together: what may be done there, and whether it is seen at all.

import FTPProtocol

/// What an account may do with each path. The one place where that is decided.
public struct FileRules: Sendable, Hashable {
  /// What decided, for people who ask why.
  public enum Reason: Sendable, Hashable {
    /// No rule fits: what the entry grants everywhere.
    case everywhere
    /// The rule at this place of the list, from 0.
    case rule(Int)
    /// A pattern of `hide`: as if it were not there.
    case hidden(PathPattern)
    /// A pattern of `deny`.
    case denied(PathPattern)
    /// A virtual directory that may only be read.
    case readOnlyDirectory(VirtualDirectory)
  }

  /// What is granted where no rule fits.
  public let everywhere: AccountPermissions
  public let rules: [PermissionRule]
  public let hidden: [PathPattern]
  public let denied: [PathPattern]
  public let readOnlyDirectories: [VirtualDirectory]
  /// What nothing can grant more than.
  private let ceiling: AccountPermissions

  /// The rules of `account`; nil if it may do the same with every path, as most may.
  public init?(_ account: Account) {
    let options = account.options
    let readOnly = options.directories.filter(\.isReadOnly)
    // Whoever may make files and not replace them: which of the two it is, is known when the file is opened.
    let isAlike = account.permissions.contains(.write) == account.permissions.contains(.overwrite)
    if isAlike, options.permissionRules.isEmpty, options.hidden.isEmpty, options.denied.isEmpty, readOnly.isEmpty {
      return nil
    }
    everywhere = account.permissions
    rules = options.permissionRules
    hidden = options.hidden
    denied = options.denied
    readOnlyDirectories = readOnly
    ceiling = account.ceiling
  }

  /// What may be done with `path`, and why no more.
  public func decision(at path: VirtualPath) -> (permissions: AccountPermissions, reason: Reason) {
    let names = PathPattern.Names(path, folding: !hidden.isEmpty || !denied.isEmpty)
    if let pattern = hidden.first(where: { $0.matches(names) }) { return ([], .hidden(pattern)) }
    var (permissions, reason) = (everywhere, Reason.everywhere)
    if let index = rules.firstIndex(where: { $0.pattern.matches(names) }) {
      (permissions, reason) = (rules[index].permissions.intersection(ceiling), .rule(index))
    }
    if let directory = readOnlyDirectories.first(where: { path.isWithin($0.path) }), !permissions.isReadOnly {
      (permissions, reason) = (permissions.subtracting(.changes), .readOnlyDirectory(directory))
    }
    // What is denied is seen, and that is all.
    if let pattern = denied.first(where: { $0.matches(names) }) {
      return (permissions.intersection(.list), .denied(pattern))
    }
    return (permissions, reason)
  }

  /// What may be done with `path`.
  public func permissions(at path: VirtualPath) -> AccountPermissions { decision(at: path).permissions }

  /// Whether `path` is to look as if it were not there.
  public func hides(_ path: VirtualPath) -> Bool {
    if hidden.isEmpty { return false }
    let names = PathPattern.Names(path, folding: true)
    return hidden.contains { $0.matches(names) }
  }

  /// Whether parts of the tree at `path` have rules that the tree itself has not: it cannot be moved then, or they would have others.
  public func isDivided(_ path: VirtualPath) -> Bool {
    rules.contains { $0.pattern.canMatchBeneath(path) } || (hidden + denied).contains { $0.canMatchBeneath(path) }
      || readOnlyDirectories.contains { $0.path.isWithin(path) && $0.path != path }
  }

  /// What may be done with one path or another.
  public var somewhere: AccountPermissions {
    rules.reduce(everywhere) { $0.union($1.permissions.intersection(ceiling)) }
  }
}
