// The fields of entries about accounts, disks and certificates, written and read in the same order.

extension PacketWriter {
  mutating func append(_ account: AccountEntry) {
    append(account.name, limit: ControlLimits.user)
    append(account.home, limit: ControlLimits.text)
    append(account.isReadOnly)
    append(account.isEnabled)
    append(account.isLocked)
    append(account.hasSecondFactor)
    append(account.groups, limit: ControlLimits.text)
  }

  mutating func append(_ place: AccountPlaceEntry) {
    append(place.place, limit: ControlLimits.text)
    append(place.obstacle, limit: ControlLimits.text)
  }

  mutating func append(_ field: AccountFieldEntry) {
    append(field.key, limit: ControlLimits.key)
    append(field.value, limit: ControlLimits.value)
    append(field.origin.rawValue)
    append(field.isHidden)
    append(field.expected, limit: ControlLimits.text)
    append(field.meaning, limit: ControlLimits.text)
  }

  mutating func append(_ setting: AccountSetting) {
    append(setting.key, limit: ControlLimits.key)
    append(setting.value, limit: ControlLimits.value)
  }

  mutating func append(_ edit: AccountEdit) {
    append(edit.name, limit: ControlLimits.user)
    switch edit.act {
    case .add(let password, let set):
      append(UInt8(0))
      append(password, limit: ControlLimits.password)
      append(list: set, limit: ControlLimits.fields) { $0.append($1) }
    case .update(let set, let unset):
      append(UInt8(1))
      append(list: set, limit: ControlLimits.fields) { $0.append($1) }
      append(list: unset, limit: ControlLimits.fields) { $0.append($1, limit: ControlLimits.key) }
    case .password(let password):
      append(UInt8(2))
      append(password, limit: ControlLimits.password)
    case .remove: append(UInt8(3))
    case .recount: append(UInt8(4))
    }
    append(edit.author, limit: ControlLimits.words)
  }

  mutating func append(_ question: AccountQuestion) {
    append(question.name, limit: ControlLimits.user)
    append(question.verb, limit: ControlLimits.key)
    append(question.path, limit: ControlLimits.path)
    append(question.address, limit: ControlLimits.address)
  }

  mutating func append(_ disk: DiskEntry) {
    append(disk.directory, limit: ControlLimits.text)
    append(disk.total)
    append(disk.free)
  }

  mutating func append(_ certificate: CertificateEntry) {
    append(certificate.host, limit: ControlLimits.subject)
    append(certificate.expires)
  }
}

extension PacketReader {
  mutating func account() throws(MalformedPacket) -> AccountEntry {
    AccountEntry(
      name: try bytes(limit: ControlLimits.user), home: try text(limit: ControlLimits.text), isReadOnly: try flag(),
      isEnabled: try flag(), isLocked: try flag(), hasSecondFactor: try flag(),
      groups: try text(limit: ControlLimits.text))
  }

  mutating func accountPlace() throws(MalformedPacket) -> AccountPlaceEntry {
    AccountPlaceEntry(
      place: try text(limit: ControlLimits.text), obstacle: try text(limit: ControlLimits.text))
  }

  mutating func accountField() throws(MalformedPacket) -> AccountFieldEntry {
    AccountFieldEntry(
      key: try text(limit: ControlLimits.key), value: try text(limit: ControlLimits.value),
      origin: try choice(AccountFieldEntry.Origin.self), isHidden: try flag(),
      expected: try text(limit: ControlLimits.text), meaning: try text(limit: ControlLimits.text))
  }

  private mutating func accountSettings() throws(MalformedPacket) -> [AccountSetting] {
    try list(limit: ControlLimits.fields) { (reader) throws(MalformedPacket) in
      AccountSetting(
        key: try reader.text(limit: ControlLimits.key), value: try reader.text(limit: ControlLimits.value))
    }
  }

  mutating func accountEdit() throws(MalformedPacket) -> AccountEdit {
    let name = try bytes(limit: ControlLimits.user)
    let act: AccountEdit.Act
    switch try byte() {
    case 0: act = .add(password: try bytes(limit: ControlLimits.password), set: try accountSettings())
    case 1:
      let set = try accountSettings()
      act = .update(
        set: set,
        unset: try list(limit: ControlLimits.fields) { (reader) throws(MalformedPacket) in
          try reader.text(limit: ControlLimits.key)
        })
    case 2: act = .password(try bytes(limit: ControlLimits.password))
    case 3: act = .remove
    case 4: act = .recount
    default: throw MalformedPacket()
    }
    return AccountEdit(name: name, act, author: try text(limit: ControlLimits.words))
  }

  mutating func accountQuestion() throws(MalformedPacket) -> AccountQuestion {
    AccountQuestion(
      name: try bytes(limit: ControlLimits.user), verb: try text(limit: ControlLimits.key),
      path: try bytes(limit: ControlLimits.path), address: try text(limit: ControlLimits.address))
  }

  mutating func disk() throws(MalformedPacket) -> DiskEntry {
    DiskEntry(directory: try text(limit: ControlLimits.text), total: try long(), free: try long())
  }

  mutating func certificate() throws(MalformedPacket) -> CertificateEntry {
    CertificateEntry(host: try text(limit: ControlLimits.subject), expires: try long())
  }
}
