// weftpd upgrade: this program takes the place of the daemon that runs, whose sessions go on where they are.

import ArgumentParser
import ControlProtocol
import ControlSocket
import DaemonSettings
import DaemonSupport
import Glibc
import LinuxSystem
import WeftVersion

struct UpgradeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade", abstract: "Have this program take the place of the daemon that runs.",
    discussion: """
      Starts this program with the arguments of the daemon at the control socket. It takes the listening sockets over, so \
      nobody is refused, and settings that need a restart hold from then on. Sessions go on in the old process for \
      shutdown.upgrade, transfers to their end. Where systemd runs the daemon, this is systemctl reload. If the new one \
      cannot start, nothing changes. For root and the daemon's own user.
      """)

  @OptionGroup var control: ControlOptions
  @Flag(help: "If this program is the one that runs already, have it read its settings again instead.")
  var orReload = false
  @Option(help: ArgumentHelp("How long the new one may take to start.", valueName: "seconds")) var timeout = 120

  func validate() throws {
    if !(1...3600).contains(timeout) { throw ValidationError("--timeout expects 1 to 3600 seconds.") }
  }

  func run() throws {
    let path = try control.path()
    var origin: OriginEntry?
    try control.run { (client) throws(ControlClientError) in
      let found = try client.origin()
      origin = found
      if orReload, ProgramFile.current?.isThat(of: found) ?? false {
        _ = try client.ask(.reload, within: .seconds(300))
        origin = nil
      }
    }
    guard let origin else { return }
    if origin.process == 1 {
      try fail(
        "the daemon is process 1, whose end is the end of its container: start another container, and drain this one")
    }
    if origin.isManaged, let unit = Self.foreignUnit(of: origin.process) { return try reload(unit) }
    try start(origin, path)
  }

  private func fail(_ text: String) throws -> Never {
    write("weftpd: \(text)\n", to: STDERR_FILENO)
    throw ExitCode.failure
  }

  // MARK: under systemd

  /// The unit a process belongs to, where this process does not: what is started here would not be the service's.
  private static func foreignUnit(of process: UInt32) -> String? {
    let theirs = group(of: "\(process)")
    guard theirs != group(of: "self") else { return nil }
    return theirs.split(separator: "/").last { $0.hasSuffix(".service") }.map(String.init)
  }

  /// The control group of a process. Source: cgroups(7), /proc/PID/cgroup.
  private static func group(of process: String) -> String {
    guard let text = try? readSettingsFile("/proc/\(process)/cgroup") else { return "" }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix("0::") } ?? lines.first { $0.contains(":name=systemd:") } ?? ""
    return String(line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last ?? "")
  }

  private func reload(_ unit: String) throws {
    write("systemctl reload \(unit)\n", to: STDOUT_FILENO)
    let words = ["systemctl", "reload", unit]
    var pointers = words.map { strdup($0) } + [nil]
    execvp("systemctl", &pointers)
    try fail("systemctl cannot be run: \(SystemError(code: errno, call: "execve").reason)")
  }

  // MARK: by itself

  private func start(_ origin: OriginEntry, _ path: String) throws {
    let program = try File.resolvedPath("/proc/self/exe")
    let pipe = try File.pipe(capacity: 4096)
    let output = Descriptor(owning: pipe.write)
    let answers = Descriptor(owning: pipe.read)
    try Socket.setBlocking(output.number, true)
    let process = try ChildProcesses.startDetached(
      program, Self.arguments(origin.arguments) + ["--take-over", File.absolutePath(path)],
      environment: Self.environment(origin), in: origin.isManaged ? nil : origin.directory, output: output.number)
    try output.close()
    guard Self.isReady(answers.number, within: timeout) else {
      try fail("process \(process) has not started, and the daemon goes on as it was; the log tells why")
    }
    try control.run { (client) throws(ControlClientError) in
      let status = try client.status()
      let left = status.predecessors.contains(origin.process) ? "; sessions go on in process \(origin.process)" : ""
      write("weftpd \(weftVersion), process \(process), accepts from now on\(left)\n", to: STDOUT_FILENO)
    }
  }

  /// Whether it listens: it says so on its standard output.
  private static func isReady(_ number: Int32, within seconds: Int) -> Bool {
    let deadline = MonotonicTime.now.advanced(by: Int64(seconds) * 1_000_000_000)
    var text: [UInt8] = []
    while MonotonicTime.now < deadline {
      guard Poll.wait(number, .readable, milliseconds: Int32(clamping: deadline.since(.now) / 1_000_000 + 1)) else {
        continue
      }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = read(number, &buffer, buffer.count)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      if count <= 0 { return false }
      text += buffer[..<count]
      if String(decoding: text, as: UTF8.self).contains("weftpd: listening on ") { return true }
    }
    return false
  }

  /// Without what an earlier upgrade has added.
  static func arguments(_ arguments: [String]) -> [String] {
    var kept: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--take-over" {
        _ = rest.popFirst()
      } else if !argument.hasPrefix("--take-over=") {
        kept.append(argument)
      }
    }
    return kept
  }

  /// A service's environment is that of its unit, which this process has, too; else the settings are those the daemon had.
  private static func environment(_ origin: OriginEntry) -> [String] {
    let own = SettingsSources.processEnvironment()
    if origin.isManaged { return own.map { "\($0.key)=\($0.value)" } }
    return own.filter { !$0.key.hasPrefix("WEFTPD_") }.map { "\($0.key)=\($0.value)" } + origin.environment
  }
}
