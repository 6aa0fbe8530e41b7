// The command line of weftpd: its subcommands, its version, and the exit codes all of them share.

import ArgumentParser
import DaemonSettings
import DaemonSupport
import Glibc
import LinuxSystem
import WeftVersion

@main
struct Weftpd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weftpd",
    abstract: "An FTP server.",
    discussion: """
      Exit codes: 0 success, 64 wrong usage, 78 wrong settings, 1 any other failure.
      """,
    version: "weftpd \(weftVersion)",
    subcommands: [
      ServeCommand.self, CheckCommand.self, HealthCommand.self, UserCommand.self, GroupCommand.self, BanCommand.self,
      ExplainCommand.self, ExternalHelperCommand.self, QuotaCommand.self,
    ],
    groupedSubcommands: [
      CommandGroup(
        name: "A running daemon, by its control socket",
        subcommands: [
          StatusCommand.self, WhoCommand.self, PathsCommand.self, KickCommand.self, SayCommand.self, LogCommand.self,
          LogLevelCommand.self, ReloadCommand.self, UpgradeCommand.self, DrainCommand.self,
        ])
    ])

  static func main() { main(ThisProcess.arguments) }
}

extension ExitCode {
  /// The settings cannot be used: EX_CONFIG of sysexits(3). Wrong usage is EX_USAGE, 64, which ArgumentParser sees to.
  static let configuration = ExitCode(78)
}

/// Where settings come from, as options of every command that reads them.
struct SettingsOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The settings file.", valueName: "file"))
  var config: String?

  @Option(name: .long, help: ArgumentHelp("The user table; sets accounts.table.", valueName: "file"))
  var users: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp("Sets one setting, for example passive.ports=50000-50100.", valueName: "key=value"))
  var set: [String] = []

  func validate() throws {
    for assignment in set where !assignment.contains("=") {
      throw ValidationError(
        "--set expects KEY=VALUE, for example --set passive.ports=50000-50100; got '\(assignment)'.")
    }
    for path in [config, users] where path?.isEmpty == true {
      throw ValidationError("--config and --users expect the path of a file.")
    }
  }

  /// The sources these options and `more` name, with the environment of this process.
  func sources(_ more: [SettingsSources.Option] = []) -> SettingsSources {
    let table = users.map { [SettingsSources.Option(name: "--users", key: "accounts.table", items: [$0])] } ?? []
    return SettingsSources(
      configPath: config, environment: SettingsSources.processEnvironment(), assignments: set, options: table + more)
  }
}

/// Writes to a descriptor at once, past every buffer.
func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return }
    rest = rest.dropFirst(count)
  }
}
