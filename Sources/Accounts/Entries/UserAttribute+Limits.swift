// The options that limit how much a user, or a group of users, may have and move.

extension UserAttribute {
  private static let aCount = "a number from 1 up"
  private static let aSize = "a size such as 500MiB or 10GiB"
  private static let aRate = "bytes a second such as 1MiB, with ;HOURS=RATE for other hours: 1MiB;0800-1800=200KiB"

  static let limits: [UserAttribute] = [
    UserAttribute(
      key: "directory-quotas", expected: "/PATH=SIZE or /PATH=SIZE/FILES, several separated by semicolons",
      meaning: "How many bytes, and how many files, there may be beneath single directories.",
      form: .pairs(.quota),
      read: { text, options in
        guard let quotas = DirectoryQuota.list(text) else { return false }
        options.directoryQuotas = quotas
        return true
      }),
    UserAttribute(
      key: "download-per-day", expected: aSize, meaning: "How much the user may download in one day.",
      read: { store(OptionText.size($0), in: &$1.downloadPerDay) }),
    UserAttribute(
      key: "download-per-month", expected: aSize, meaning: "How much the user may download in one month.",
      read: { store(OptionText.size($0), in: &$1.downloadPerMonth) }),
    UserAttribute(
      key: "group-rate-down", expected: aRate, meaning: "How fast all members of the group together may download.",
      isForGroups: true, form: .list, read: { store(ByteRate($0), in: &$1.groupDownloadRate) }),
    UserAttribute(
      key: "group-rate-up", expected: aRate, meaning: "How fast all members of the group together may upload.",
      isForGroups: true, form: .list, read: { store(ByteRate($0), in: &$1.groupUploadRate) }),
    UserAttribute(
      key: "group-sessions", expected: aCount, meaning: "How many sessions all members of the group together may have.",
      isForGroups: true, read: { store(OptionText.count($0), in: &$1.groupSessions) }),
    UserAttribute(
      key: "quota", expected: aSize, meaning: "How many bytes the files of the user may have together.",
      read: { store(OptionText.size($0), in: &$1.quota) }),
    UserAttribute(
      key: "quota-files", expected: "a number", meaning: "How many files the user may have.",
      read: { store(OptionText.number($0), in: &$1.quotaFiles) }),
    UserAttribute(
      key: "rate-down", expected: aRate, meaning: "How fast all sessions of the user together may download.",
      form: .list,
      read: { store(ByteRate($0), in: &$1.downloadRate) }),
    UserAttribute(
      key: "rate-up", expected: aRate, meaning: "How fast all sessions of the user together may upload.",
      form: .list,
      read: { store(ByteRate($0), in: &$1.uploadRate) }),
    UserAttribute(
      key: "session-rate-down", expected: aRate, meaning: "How fast each session of the user may download.",
      form: .list,
      read: { store(ByteRate($0), in: &$1.sessionDownloadRate) }),
    UserAttribute(
      key: "session-rate-up", expected: aRate, meaning: "How fast each session of the user may upload.",
      form: .list,
      read: { store(ByteRate($0), in: &$1.sessionUploadRate) }),
    UserAttribute(
      key: "sessions", expected: aCount, meaning: "How many sessions the user may have at once.",
      read: { store(OptionText.count($0), in: &$1.sessions) }),
    UserAttribute(
      key: "sessions-per-address", expected: aCount,
      meaning: "How many sessions the user may have at once from one address.",
      read: { store(OptionText.count($0), in: &$1.sessionsPerAddress) }),
    UserAttribute(
      key: "transfers", expected: aCount, meaning: "How many transfers the user may have at once.",
      read: { store(OptionText.count($0), in: &$1.transfers) }),
    UserAttribute(
      key: "upload-per-day", expected: aSize, meaning: "How much the user may upload in one day.",
      read: { store(OptionText.size($0), in: &$1.uploadPerDay) }),
    UserAttribute(
      key: "upload-per-month", expected: aSize, meaning: "How much the user may upload in one month.",
      read: { store(OptionText.size($0), in: &$1.uploadPerMonth) }),
  ]
}
