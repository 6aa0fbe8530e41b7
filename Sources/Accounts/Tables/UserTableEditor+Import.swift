// Takes the users of another FTP server into a table, in one step, and says what happened to each.

extension UserTableEditor {
  /// Takes over the users of an imported file in one step: all that can be, or none if the table cannot be written.
  /// - Parameters:
  ///   - replacing: give users of the same name the imported password, if it can be used, home, access and options, and keep their other options; otherwise
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
      if EntryRules.set(attribute, to: value, in: &options, form) != nil {
        losses.append(
          "\(shown): \(attribute.key) needs a YAML table, because its value contains a comma or a colon; left out")
      }
    }
    let members = user.groups.compactMap { groups[$0] }
    if members.count < user.groups.count, form == .lines {
      losses.append("\(shown): groups need a YAML table; left out: \(user.groups.joined(separator: ", "))")
    }
    return UserEntry(
      name: user.name, hash: user.lacksPassword ? existing?.hash ?? user.hash : user.hash, home: user.home,
      permissions: user.isReadOnly || readOnly ? .readOnly : .readAndWrite, options: options,
      groups: members.isEmpty ? existing?.groups ?? [] : members)
  }

  public func takeOver(
    _ entries: [UserEntry], groups: [AccountGroup], replacingGroups: Bool,
    merging: (_ existing: UserEntry, _ new: UserEntry) -> UserEntry?
  ) throws(UserTableError) -> ImportReport {
    var report = ImportReport()
    if entries.isEmpty, groups.isEmpty { return report }
    try TableFile.withLock(path: path, creating: true) { (file) throws(UserTableError) in
      var text = try TableText(file.bytes, source: path)
      let form = text.form
      if form == .yaml {
        var seen: Set<String> = []
        let wanted = (groups + entries.flatMap { $0.groups.map(\.group) }).filter { seen.insert($0.name).inserted }
        for group in wanted {
          let old = text.table.group(named: group.name)
          if old == nil { report.groups.append(group.name) }
          try text.changeGroups { (yaml) throws(UserTableError) in
            if let old { if replacingGroups { yaml.replace(old, with: group) } } else { yaml.append(group) }
          }
        }
      }
      for entry in entries {
        try requireWritable(entry, form)
        guard let existing = text.table.entry(named: entry.name) else {
          text.append(entry)
          report.added.append(entry.name)
          continue
        }
        guard let merged = merging(existing, entry) else {
          report.kept.append(entry.name)
          continue
        }
        try text.replace(existing, with: merged)
        report.replaced.append(entry.name)
      }
      let isChanged = !report.added.isEmpty || !report.replaced.isEmpty || !report.groups.isEmpty || replacingGroups
      return isChanged ? try text.bytes() : nil
    }
    return report
  }

  /// Another place can hold what this table cannot.
  private func requireWritable(_ entry: UserEntry, _ form: TableForm) throws(UserTableError) {
    let name = Account.display(entry.name)
    try checkForm(form, entry.name)
    guard form == .lines else { return }
    if !entry.groups.isEmpty {
      throw invalid("\(name) belongs to a group, and a table of lines has none. A YAML table has.")
    }
    do throws(UserTableError) {
      let read = try UserTable.parse(entry.serialized, source: path).entries.first
      if read == entry.at(line: 1) { return }
    } catch {
      // A colon too many is explained below.
      if entry.serialized.count(where: { $0 == UInt8(ascii: ":") }) <= 3 {
        throw invalid("\(name) cannot be written into a table: \(error.problems.first?.message ?? error.message)")
      }
    }
    throw invalid(
      "\(name) cannot be written into a table: an option holds a comma or a colon, or the access is neither ro nor rw.")
  }
}
