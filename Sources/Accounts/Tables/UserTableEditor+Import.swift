// Takes the users of another FTP server into a table, in one step, and says what happened to each.

extension UserTableEditor {
  /// What an import did. Names in the order of the imported file.
  public struct ImportReport: Sendable, Equatable {
    /// Users the table did not have.
    public var added: [[UInt8]] = []
    /// Users the table had, who got the imported password, home, access and options.
    public var replaced: [[UInt8]] = []
    /// Users left out because the table has the name already.
    public var kept: [[UInt8]] = []
    /// Groups the table did not have.
    public var groups: [String] = []
    /// What this table cannot hold, one sentence each that names the user.
    public var losses: [String] = []

    public init(added: [[UInt8]] = [], replaced: [[UInt8]] = [], kept: [[UInt8]] = []) {
      self.added = added
      self.replaced = replaced
      self.kept = kept
    }
  }

  /// Takes over the users of an imported file in one step: all that can be, or none if the table cannot be written.
  /// - Parameters:
  ///   - replacing: give users of the same name the imported password, home, access and options, and keep their other options; otherwise
  ///     those users are left alone. Groups of the same name are always left alone.
  ///   - readOnly: make all imported users read-only.
  /// - Returns: who was added, replaced and left alone; to be shown with `source.skipped` and `source.warnings`.
  public func importUsers(
    _ source: UserImport, replacing: Bool = false, readOnly: Bool = false
  ) throws(UserTableError) -> ImportReport {
    var report = ImportReport()
    if source.users.isEmpty { return report }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      var groups: [String: SharedGroup] = [:]
      if text.form == .yaml {
        for group in text.table.groups { groups[group.name] = SharedGroup(group) }
        let new = source.groups.filter { groups[$0.name] == nil }
        for group in new { groups[group.name] = SharedGroup(group) }
        report.groups = new.map(\.name)
        try text.changeGroups { (yaml) throws(UserTableError) in for group in new { yaml.append(group) } }
      }
      for user in source.users {
        let existing = text.table.entry(named: user.name)
        if existing != nil, !replacing {
          report.kept.append(user.name)
          continue
        }
        guard text.form == .lines || String(validating: user.name, as: UTF8.self) != nil else {
          report.losses.append(
            "\(Account.display(user.name)): the name is not UTF-8, as all of a YAML table is; left out")
          continue
        }
        let entry = Self.entry(
          user, replacing: existing, readOnly: readOnly, groups: groups, form: text.form, losses: &report.losses)
        if let existing {
          try text.replace(existing, with: entry)
          report.replaced.append(user.name)
        } else {
          text.append(entry)
          report.added.append(user.name)
        }
      }
      return report.added.isEmpty && report.replaced.isEmpty ? nil : try text.bytes()
    }
    return report
  }

  private static func entry(
    _ user: UserImport.User, replacing existing: UserEntry?, readOnly: Bool, groups: [String: SharedGroup],
    form: TableForm, losses: inout [String]
  ) -> UserEntry {
    let shown = Account.display(user.name)
    var options = existing?.ownOptions ?? AccountOptions()
    for attribute in UserAttribute.all {
      guard let value = user.options.texts[attribute.key] else { continue }
      if set(attribute, to: value, in: &options, form) != nil {
        losses.append(
          "\(shown): \(attribute.key) needs a YAML table, because its value contains a comma or a colon; left out")
      }
    }
    let members = user.groups.compactMap { groups[$0] }
    if members.count < user.groups.count, form == .lines {
      losses.append("\(shown): groups need a YAML table; left out: \(user.groups.joined(separator: ", "))")
    }
    return UserEntry(
      name: user.name, hash: user.hash, home: user.home,
      permissions: user.isReadOnly || readOnly ? .readOnly : .readAndWrite, options: options,
      groups: members.isEmpty ? existing?.groups ?? [] : members)
  }
}
