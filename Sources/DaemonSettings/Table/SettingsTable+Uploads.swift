// The settings of uploads.

import FTPServer

extension SettingsTable {
  static let uploads: [Setting] = [
    Setting(
      "uploads.mode", .choice(), \.server.uploads.mode,
      """
      How an upload takes its name. `atomic`: the file has its old contents until the new ones are whole, and an upload \
      that breaks off changes nothing. `direct`: the file grows while it comes, for those who read it meanwhile. Users \
      (`uploads=`) may have their own.
      """),
    Setting(
      "uploads.direct", .paths("virtual directories, such as /live"), \.server.uploads.directIn,
      "Directories, as clients see them, where uploads are direct whatever `uploads.mode` says."),
    Setting(
      "uploads.durability", .choice(), \.server.uploads.durability,
      """
      When an upload is answered 226. `commit`: when contents and name are on the disk, so that a power cut loses \
      nothing that was confirmed. `relaxed`: when the system has taken them.
      """),
    Setting(
      "uploads.keep-partials", .duration(.zero...longest), \.server.uploads.keepsPartials, unit: "seconds",
      """
      How long what came of an upload that broke off is kept, so that the client can go on with it. No listing shows \
      it. 0 keeps nothing.
      """),
    Setting(
      "uploads.partials", .integer(1...1_000_000), \.server.uploads.partialLimit, unit: "uploads",
      "How many broken uploads of one user are kept; the oldest goes first."),
    Setting(
      "uploads.reserve", .size(0...(1 << 50)), \.server.uploads.reservation, unit: "bytes",
      """
      How much room ALLO may reserve for one upload. The rest finds room as it comes. 0 reserves nothing.
      """),
    Setting(
      "uploads.keep-attributes", .flag, \.server.uploads.keepsAttributes,
      """
      Whether a file that is replaced leaves its mode, owner, access control list and extended attributes to the new \
      one, as far as weftpd may set them.
      """),
  ]
}
