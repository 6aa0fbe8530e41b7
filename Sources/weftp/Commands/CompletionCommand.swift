// weftp completion: the scripts that have bash, zsh and fish complete its commands.

import ArgumentParser

/// The shells there are scripts for.
enum ShellChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case bash, zsh, fish

  var shell: CompletionShell {
    switch self {
    case .bash: .bash
    case .zsh: .zsh
    case .fish: .fish
    }
  }
}

struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Print the completion script of a shell.",
    discussion: "For bash: weftp completion bash > ~/.local/share/bash-completion/completions/weftp")

  @Argument(help: "bash, zsh or fish.") var shell: ShellChoice

  func run() { Output.write(1, Array((Weftp.completionScript(for: shell.shell) + "\n").utf8)) }
}
