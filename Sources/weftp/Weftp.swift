// The command line of weftp: its subcommands, its version, and how every command ends.

import ArgumentParser
import LinuxSystem
import WeftVersion

@main
struct Weftp: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weftp",
    abstract: "An FTP client: TLS by default, Multipath TCP where it is to be had.",
    discussion: """
      A remote place is a URL: ftpes://user@host/path. ftpes:// is TLS by AUTH TLS, ftps:// TLS from the first byte at port 990, and \
      ftp:// takes TLS if the server has it. A script sends no password in clear without --tls=off. A path is beneath the directory of \
      the login, unless it begins with a second slash.

      Exit codes: 0 done, 1 some of it failed, 64 wrong usage, 65 what was copied differs, 66 no such local file, 68 no such host, \
      69 no connection, 72 no such remote file, 73 the local file cannot be made, 74 a file cannot be read or written, \
      75 the network failed, go on with the same command, 76 not FTP, 77 refused, 78 a password file or netrc cannot be used, \
      80 the certificate is not believed, 130 interrupted.
      """,
    version: "weftp \(weftVersion)",
    subcommands: [
      ListCommand.self, FindCommand.self, DiskUseCommand.self, StatCommand.self, CatCommand.self, GetCommand.self,
      PutCommand.self, CopyCommand.self, MirrorCommand.self, EditCommand.self, RemoveCommand.self,
      MakeDirectoryCommand.self, RemoveDirectoryCommand.self, MoveCommand.self, ChangeModeCommand.self,
      TouchCommand.self, HashCommand.self, VerifyCommand.self, QuoteCommand.self, CheckCommand.self, ShellCommand.self,
      ScriptCommand.self, QueueCommand.self, BookmarkCommand.self, CompletionCommand.self,
    ])

  static func main() async {
    let arguments = VerifyWord.spelled(ThisProcess.arguments)
    guard var command = direct(arguments) else { return await main(arguments) }
    do {
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch { exit(withError: error) }
  }

  /// The command that the first word names, read by itself: to look at all of them takes longer than a listing does.
  ///
  /// - Returns: nil where that does not read as it should. Then everything is read once more, and help and errors know the whole.
  static func direct(_ arguments: [String]) -> (any ParsableCommand)? {
    guard let name = arguments.first,
      let type = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
      type.configuration.subcommands.isEmpty,
      let command = try? type.parseAsRoot(Array(arguments.dropFirst())),
      Swift.type(of: command) == type
    else { return nil }
    return command
  }
}
