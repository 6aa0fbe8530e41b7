// How the operator's commands find the server they are about, and how they fail.

import ArgumentParser
import ControlProtocol
import ControlSocket
import DaemonSettings
import Glibc
import LinuxSystem

/// Which server an operator's command is for.
struct ControlOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The server's control socket (server.control); \(ControlClient.standardPath) if nothing says otherwise.",
      valueName: "path"))
  var socket: String?

  @Option(
    name: .long, help: ArgumentHelp("Read server.control from this settings file.", valueName: "file"))
  var config: String?

  /// The path of the socket: the option's, the settings', the environment's, or the usual one.
  func path() throws -> String { File.absolutePath(try givenPath()) }

  private func givenPath() throws -> String {
    if let socket { return socket }
    let variable = getenv("WEFTPD_SERVER_CONTROL").map { String(cString: $0) }
    guard let config else { return variable ?? ControlClient.standardPath }
    let settings: Settings
    do throws(SettingsError) {
      settings = try SettingsSources(
        configPath: config, environment: SettingsSources.processEnvironment(), assignments: [], options: []
      ).load().settings
    } catch {
      write("\(error)\n", to: STDERR_FILENO)
      throw ExitCode.configuration
    }
    guard let path = settings.controlSocket else {
      write("\(config) does not set server.control\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
    return path
  }

  /// Connects and runs `body`; what goes wrong is told on standard error, with exit code 1.
  func run(_ body: (inout ControlClient) throws(ControlClientError) -> Void) throws {
    let path = try path()
    do throws(ControlClientError) {
      var client = try ControlClient(path: path)
      try body(&client)
    } catch {
      write("weftpd: \(error)\n", to: STDERR_FILENO)
      throw ExitCode.failure
    }
  }
}
