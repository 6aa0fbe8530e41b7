// The arguments of `weftpd serve`, which `weftpd check` takes, too.

import ArgumentParser
import DaemonSettings

/// What is served, to whom and where, beside what stands in files.
struct ServeOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The directory to serve; sets accounts.root.", valueName: "dir"))
  var directory: String?

  @OptionGroup var options: SettingsOptions

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      """
      An address to accept connections on: 127.0.0.1:2121, [::1]:2121, *:21, ftps://*:990; port 0 picks a free port. May be \
      given more than once.
      """,
      valueName: "address:port"))
  var listen: [String] = []

  @Option(name: .long, help: ArgumentHelp("A user who may log in without a user table.", valueName: "name"))
  var user: String?

  @Flag(name: .long, help: "Let anybody log in as 'anonymous', read-only.")
  var anonymous = false

  @Flag(name: .long, help: "Make everything read-only.")
  var readOnly = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      """
      Take the place of the server at this control socket: its listeners, without a moment in which nobody accepts. Its \
      sessions go on there. weftpd upgrade does all of it.
      """, valueName: "path"))
  var takeOver: String?

  func validate() throws {
    if takeOver?.isEmpty == true { throw ValidationError("--take-over expects the path of a control socket.") }
    if user?.isEmpty == true { throw ValidationError("--user expects a name.") }
    if directory?.isEmpty == true { throw ValidationError("DIR is empty.") }
  }

  /// Where all settings come from.
  var sources: SettingsSources { options.sources(named) }

  /// What the options by name set.
  private var named: [SettingsSources.Option] {
    var list: [SettingsSources.Option] = []
    func set(_ key: String, _ name: String, _ items: [String]) {
      list.append(.init(name: name, key: key, items: items))
    }
    if let directory { set("accounts.root", "DIR", [directory]) }
    if let user { set("accounts.user", "--user", [user]) }
    if anonymous { set("accounts.anonymous", "--anonymous", ["true"]) }
    if readOnly { set("accounts.read-only", "--read-only", ["true"]) }
    if !listen.isEmpty { set("listen", "--listen", listen) }
    return list
  }
}
