// Reads the settings from all their sources, in rising priority: file, environment, --set, named options.

import Glibc
import LinuxSystem
import SafeText
import YAMLDocument

/// Where to look for settings. Kept for the life of the daemon, because a reload looks in the same places again.
public struct SettingsSources: Sendable {
  /// The YAML file of `--config`, nil for none.
  public var configPath: String?
  /// Only names that begin with `WEFTPD_` are looked at.
  public var environment: [String: String]
  /// The arguments of `--set`, each `KEY=VALUE`; of two for one key the later counts.
  public var assignments: [String]
  /// What named options set.
  public var options: [Option]
  /// Why something beyond the rights of its user keeps this process from a path, in words that follow the path; nil when nothing
  /// does. The rooms that confine the process set it, so that a directory that cannot be opened is explained.
  public var refusal: @Sendable (String) -> String? = { _ in nil }

  /// A setting given by an option of its own.
  public struct Option: Sendable {
    /// As the user typed it: `--listen`.
    public let name: String
    public let key: String
    public let items: [String]

    public init(name: String, key: String, items: [String]) {
      self.name = name
      self.key = key
      self.items = items
    }
  }

  public init(
    configPath: String? = nil, environment: [String: String] = [:], assignments: [String] = [], options: [Option] = []
  ) {
    self.configPath = configPath
    self.environment = environment
    self.assignments = assignments
    self.options = options
  }

  /// The environment of this process. Source: environ(7).
  public static func processEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if let equals = text.firstIndex(of: "=") {
        result[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      next += 1
    }
    return result
  }
}

/// Settings that passed every check, and where each came from.
public struct LoadedSettings: Sendable {
  public let settings: Settings
  /// One for every key that is set; the others have their default.
  public let origins: [String: SettingOrigin]
  /// What is odd but usable.
  public let warnings: [SettingsProblem]

  /// Where the setting came from.
  public func origin(_ key: String) -> SettingOrigin { origins[key] ?? .standard }
}

/// What the sources say as far as it could be read, and everything that is wrong with it.
public struct SettingsReading: Sendable {
  /// Where something is wrong, the value of a weaker source, or the default.
  public let loaded: LoadedSettings
  /// None: ``loaded`` can be used.
  public let problems: [SettingsProblem]
}

extension SettingsSources {
  /// One source, and how to name it in a message.
  private struct Layer {
    /// The texts it has for a setting; nil when it says nothing about it.
    let items: (Setting) -> [String]?
    /// The keys `hosts.NAME.FIELD` it has.
    var hostKeys: [String] = []
    let origin: (Setting) -> SettingOrigin
  }

  /// Reads everything and checks every value, also those that a higher source hides.
  ///
  /// - Throws: all problems at once.
  public func load() throws(SettingsError) -> LoadedSettings {
    let reading = read()
    guard reading.problems.isEmpty else { throw SettingsError(reading.problems) }
    return reading.loaded
  }

  /// Reads everything and checks every value, also those that a higher source hides. A source that cannot be read keeps no other from
  /// being checked.
  public func read() -> SettingsReading {
    var problems: [SettingsProblem] = []
    let layers = makeLayers(&problems)
    var settings = Settings()
    var origins: [String: SettingOrigin] = [:]
    func take(_ row: Setting, _ layer: Layer) {
      guard let items = layer.items(row) else { return }
      let origin = layer.origin(row)
      do throws(Rejection) {
        try row.store(items, &settings)
        origins[row.key] = origin
      } catch {
        problems.append(.rejected(origin, row: row, items: items, error))
      }
    }
    // The names of all sources: a host may have settings in one source, and a stronger source may leave out its name.
    var hosts: Set<String> = []
    for row in SettingsTable.rows {
      for layer in layers {
        take(row, layer)
        hosts.formUnion(settings.hostNames)
      }
    }
    for row in hosts.sorted().flatMap(SettingsTable.hostRows) {
      for layer in layers { take(row, layer) }
    }
    settings.hosts = settings.hosts.filter { settings.hostNames.contains($0.key) }
    problems += unknownHosts(layers, hosts)
    // What is missing may stand where nothing could be read, so that only whole settings can contradict each other.
    if problems.isEmpty { problems = SettingsRules.contradictions(in: settings, origins: origins) }
    problems += SettingsRules.missingDirectories(in: settings, origins: origins, refusal: refusal)
    return SettingsReading(
      loaded: LoadedSettings(settings: settings, origins: origins, warnings: unknownEnvironment(hosts)),
      problems: SettingsProblem.inReadingOrder(problems))
  }

  /// Settings of hosts that no source names.
  private func unknownHosts(_ layers: [Layer], _ hosts: Set<String>) -> [SettingsProblem] {
    layers.flatMap { layer in
      layer.hostKeys.compactMap { key in
        guard let row = SettingsTable.hostRow(key), let name = SettingsTable.hostName(inKey: key),
          !hosts.contains(name)
        else { return nil }
        let hint = nearestName(to: name, among: hosts.sorted()).map { "; did you mean \($0)?" } ?? ""
        return SettingsProblem(layer.origin(row), key: key, "\(name) is not in hosts.names\(hint)")
      }
    }
  }

  /// The sources, the weakest first.
  private func makeLayers(_ problems: inout [SettingsProblem]) -> [Layer] {
    var layers: [Layer] = []
    if let path = configPath {
      do throws(SettingsError) {
        let file = SettingsFile(bytes: try readSettingsFile(path), path: path)
        problems += file.problems
        let hostKeys = file.entries.keys.filter { SettingsTable.hostRow($0) != nil }.sorted()
        layers.append(
          Layer(items: { file.entries[$0.key]?.items }, hostKeys: hostKeys) {
            .file(path: path, line: file.entries[$0.key]?.line ?? 0)
          })
      } catch {
        problems += error.problems
      }
    }
    let environment = self.environment
    layers.append(
      Layer(items: { row in environment[row.environmentName].map { Self.items($0, of: row) } }) {
        .environment(name: $0.environmentName)
      })

    var assigned: [String: [String]] = [:]
    for assignment in assignments {
      let key = String(assignment.prefix { $0 != "=" })
      guard key.utf8.count < assignment.utf8.count else {
        problems.append(SettingsProblem(.assignment, key: "", "\(quoted(assignment)) is not KEY=VALUE"))
        continue
      }
      guard let row = SettingsTable.row(key) else {
        problems.append(.unknown(.assignment, key: key, among: SettingsTable.rows.map(\.key)))
        continue
      }
      assigned[row.key] = Self.items(String(assignment.dropFirst(key.count + 1)), of: row)
    }
    let hostKeys = assigned.keys.filter { SettingsTable.hostRow($0) != nil }.sorted()
    layers.append(Layer(items: { assigned[$0.key] }, hostKeys: hostKeys) { _ in .assignment })

    let named = Dictionary(options.map { ($0.key, $0) }) { _, last in last }
    layers.append(Layer(items: { named[$0.key]?.items }) { .option(name: named[$0.key]?.name ?? "option") })
    return layers
  }

  /// The items of a value that is written as one text.
  private static func items(_ text: String, of row: Setting) -> [String] { row.isList ? splitList(text) : [text] }

  /// Warns of unknown variables of our prefix, which a typing error makes. No error, because other programs may set some, too.
  private func unknownEnvironment(_ hosts: Set<String>) -> [SettingsProblem] {
    let rows = SettingsTable.rows + hosts.flatMap(SettingsTable.hostRows)
    let known = rows.map(\.environmentName) + SettingsTable.otherEnvironmentNames
    let ours = environment.keys.filter { $0.hasPrefix(SettingsTable.environmentPrefix) }.sorted()
    return ours.filter { !known.contains($0) }.map { .unknown(.environment(name: $0), key: $0, among: known) }
  }
}

/// The whole file, up to 1 MiB: settings files are small, and a wrong path may lead to a device that never ends.
public func readSettingsFile(_ path: String) throws(SettingsError) -> [UInt8] {
  func failed(_ reason: String) -> SettingsError {
    SettingsError([SettingsProblem(.file(path: path, line: 0), key: "", "cannot be read: \(reason)")])
  }
  let limit = 1 << 20
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw failed(SystemError(code: errno, call: "open").reason) }
  defer { close(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while bytes.count <= limit {
    let count = Glibc.read(file, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw failed(SystemError(code: errno, call: "read").reason) }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
  throw failed("it is larger than 1 MiB")
}
