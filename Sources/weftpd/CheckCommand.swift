// weftpd check: tells everything that is wrong with the settings, or what is in force.

import ArgumentParser
import DaemonSupport
import Glibc

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the settings and show what is in force.",
    discussion: """
      Reads the settings as 'weftpd serve' would, and the user table. All problems go to standard error at once, and the \
      exit code is 1. Without any, the settings in force and their origins go to standard output.
      """)

  @OptionGroup var options: SettingsOptions

  func run() throws {
    let sources = options.sources()
    let loaded: LoadedSettings
    let accounts: AccountSetup
    do throws(SettingsError) {
      loaded = try sources.load()
      accounts = try AccountSetup(loaded, hash: nil)
    } catch {
      write(error.description + "\n", to: STDERR_FILENO)
      write("\(error.problems.count) problem\(error.problems.count == 1 ? "" : "s")\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    // Who logs in may still be said by options of 'serve', so nobody at all is worth a warning only.
    let warnings = loaded.warnings + accounts.warnings + [accounts.nobody(loaded)].compactMap { $0 }
    write(warnings.map { "warning: \($0)\n" }.joined(), to: STDERR_FILENO)
    var text = SettingsDocuments.effective(loaded)
    for name in SettingsTable.otherEnvironmentNames where sources.environment[name] != nil {
      // Only a comment, so that the output stays a settings file; never the value.
      text += "# \(name) is set: ********\n"
    }
    write(text, to: STDOUT_FILENO)
  }
}
