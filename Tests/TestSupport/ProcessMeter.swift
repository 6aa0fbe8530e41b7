// Reads from /proc what a process costs: resident memory, CPU time, threads, open descriptors.

import Glibc

/// Measures one process by its id.
public struct ProcessMeter: Sendable {
  private let id: pid_t

  /// Takes the id of a live process.
  public init(_ id: pid_t) { self.id = id }

  /// Resident memory in bytes.
  public func residentBytes() throws -> Int {
    let fields = latin1(try readFile("/proc/\(id)/statm")).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { throw TestFailure("cannot read statm") }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  /// CPU time spent so far by all its threads, user and system.
  public func processorTime() throws -> Duration {
    let text = latin1(try readFile("/proc/\(id)/stat"))
    guard let close = text.lastIndex(of: ")") else { throw TestFailure("cannot read stat") }
    let fields = text[close...].split(separator: " ")
    guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else {
      throw TestFailure("cannot read stat")
    }
    return .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The most resident memory it ever had, in bytes.
  public func peakResidentBytes() throws -> Int { try status("VmHWM") * 1024 }

  /// The number of threads.
  public func threadCount() throws -> Int { try status("Threads") }

  private func status(_ key: String) throws -> Int {
    for line in latin1(try readFile("/proc/\(id)/status")).split(separator: "\n") where line.hasPrefix(key + ":") {
      let words = line.split { $0 == "\t" || $0 == " " }
      if words.count > 1, let number = Int(words[1]) { return number }
    }
    throw TestFailure("cannot read \(key) of process \(id)")
  }

  /// The number of open descriptors.
  public func descriptorCount() throws -> Int {
    guard let handle = opendir("/proc/\(id)/fd") else { throw TestFailure("cannot read fd: \(Connection.text(errno))") }
    defer { closedir(handle) }
    var count = -2
    while Glibc.readdir(handle) != nil { count += 1 }
    return count
  }

  /// CPU time spent while `duration` of wall-clock time passes.
  public func processorTime(during duration: Duration) throws -> Duration {
    let before = try processorTime()
    let end = Deadline.after(duration)
    while !end.hasPassed { poll(nil, 0, min(50, end.milliseconds)) }
    return try processorTime() - before
  }
}

/// Raises our own limit on open descriptors as far as allowed; returns it.
public func raiseDescriptorLimit() -> Int {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  limit.rlim_cur = limit.rlim_max
  setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return Int(clamping: limit.rlim_cur)
}
