// weftpd explain: whether a user may do something, which rule decides, and what would have to change.

import Accounts
import ArgumentParser
import Bans
import DaemonSettings
import DaemonSupport
import FTPServer
import Glibc
import LinuxSystem

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say whether a user may do something, and why.",
    discussion: """
      Asks the same rules that a session asks, for example:

        weftpd explain --user alice --from 192.0.2.7 STOR /in/report.pdf
        weftpd explain --user alice SITE CHMOD 600 /in/report.pdf
        weftpd explain --user alice SITE COPY /in/report.pdf /archive/report.pdf

      The exit code is 0 if the command would be let through to the file system, 1 if not.
      """)

  @OptionGroup var settings: SettingsOptions

  @Option(help: ArgumentHelp("Who asks.", valueName: "name"))
  var user: String

  @Option(help: ArgumentHelp("Where the client comes from.", valueName: "address"))
  var from: String?

  @Option(help: ArgumentHelp("Ask the accounts of this virtual host.", valueName: "name"))
  var host: String?

  @Argument(help: ArgumentHelp("The command and its path, as the user sends them.", valueName: "verb path"))
  var words: [String]

  func validate() throws {
    guard words.count >= 2 else { throw ValidationError("explain expects a command and a path, such as RETR /a.") }
    if let from, IPAddress(from) == nil { throw ValidationError("--from expects an address such as 192.0.2.7.") }
  }

  func run() throws {
    let setup: AccountSetup
    let loaded: LoadedSettings
    do throws(SettingsError) {
      loaded = try settings.sources().load()
      setup = try AccountSetup(loaded, hash: "!")
    } catch {
      write(error.problems.map { "\($0)\n" }.joined(), to: STDERR_FILENO)
      throw ExitCode.configuration
    }
    let question = AccessQuestion(user: Array(user.utf8), address: from.flatMap { IPAddress($0) }, words: words)
    var found: AccessExplanation?
    try reportingErrors { found = try setup.explain(question, host: host, loaded) }
    guard var answer = found else {
      write("There is no host \(host ?? "") in hosts.\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    explainBans(loaded, question, &answer)
    var text = answer.isAllowed ? "Yes.\n" : "No.\n"
    for line in answer.lines { text += "  \(line)\n" }
    if !answer.changes.isEmpty { text += "To allow it:\n" + answer.changes.map { "  \($0)\n" }.joined() }
    write(text, to: STDOUT_FILENO)
    if !answer.isAllowed { throw ExitCode.failure }
  }

  /// Who is banned gets no answer at all.
  private func explainBans(_ loaded: LoadedSettings, _ question: AccessQuestion, _ answer: inout AccessExplanation) {
    guard loaded.settings.bans.file != nil || loaded.settings.sharesBans else { return }
    let book: BanBook
    do { book = try BanSetup.prepare(loaded) } catch {
      return write("weftpd: warning: bans cannot be asked about: \(error)\n", to: STDERR_FILENO)
    }
    let bans = [
      question.address.flatMap { book.ban(of: [$0]) },
      book.ban(ofUser: question.user + Array((host.map { "@\($0)" } ?? "").utf8)),
    ]
    for ban in bans.compactMap({ $0 }) {
      answer.refuse(
        "\(ban.subject) is banned until \(ban.until.map(Ban.text) ?? "it is removed")\(ban.reason.isEmpty ? "" : ": \(ban.reason)").",
        "Remove the ban: weftpd ban remove \(ban.subject).")
    }
  }
}
