// The options that say who may log in when, and what may be done with single files and directories.

extension UserAttribute {
  static let logins: [UserAttribute] = [
    UserAttribute(
      key: "enabled", expected: "enabled=yes or enabled=no",
      meaning: "Whether the user may log in at all; what the user has is kept.",
      read: { text, options in
        guard let isEnabled = OptionText.isYes(text) else { return false }
        options.isEnabled = isEnabled
        return true
      }),
    UserAttribute(
      key: "expires", expected: "a day such as 2026-12-31, or a moment such as 2026-12-31T1830, by this host's clock",
      meaning: "The last day, or the moment, until which the user may log in; sessions end then.",
      read: { store(OptionText.expiry($0), in: &$1.expiry) }),
    UserAttribute(
      key: "from", expected: "networks and addresses such as 192.0.2.0/24, with ; between them",
      meaning: "Where the user's clients must come from.",
      form: .list,
      read: { text, options in
        guard let networks = OptionText.networks(text) else { return false }
        options.peers = networks
        return true
      }),
    UserAttribute(
      key: "hours", expected: "hours such as mon-fri 0800-1800, with ; between several, by this host's clock",
      meaning: "When the user may log in.", form: .list, read: { store(WeekHours($0), in: &$1.hours) }),
    UserAttribute(
      key: "welcome", expected: "a text of up to 512 bytes", meaning: "What the reply to a login says besides.",
      form: .paragraph,
      read: { store($0.isEmpty || $0.utf8.count > 512 ? nil : $0, in: &$1.welcome) }),
  ]

  static let files: [UserAttribute] = [
    UserAttribute(
      key: "deny", expected: "patterns for names or paths such as *.exe or /tmp, with ; between them",
      meaning: "What is seen in listings and cannot be read, made, changed or removed.",
      form: .list,
      read: { text, options in
        guard let patterns = PathPattern.list(text) else { return false }
        options.denied = patterns
        return true
      }),
    UserAttribute(
      key: "directories", expected: "directories=NAME=/PATH or NAME=/PATH=ro, several separated by semicolons",
      meaning: "Further trees that the user sees beneath /, under these names; with ro they may only be read.",
      form: .pairs(.directory),
      read: { text, options in
        guard let directories = VirtualDirectory.list(text) else { return false }
        options.directories = directories
        return true
      }),
    UserAttribute(
      key: "hide", expected: "patterns for names or paths such as .* or /secret, with ; between them",
      meaning: "What looks as if it were not there.",
      form: .list,
      read: { text, options in
        guard let patterns = PathPattern.list(text) else { return false }
        options.hidden = patterns
        return true
      }),
    UserAttribute(
      key: "permissions",
      expected: "rules such as /in=list+write, with ; between them; there are "
        + AccountPermissions.named.map(\.name).joined(separator: ", ") + ", and ro, rw, all, none",
      meaning: "What the user may do beneath single directories; the first rule that fits counts.",
      form: .rules,
      read: { text, options in
        guard let rules = PermissionRule.list(text) else { return false }
        options.permissionRules = rules
        return true
      }),
    UserAttribute(
      key: "umask", expected: "an octal number from 000 to 777, such as 022",
      meaning: "The permission bits that new files and directories do not get.",
      read: { store(OptionText.mode($0), in: &$1.umask) }),
  ]
}
