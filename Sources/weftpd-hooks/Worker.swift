// The part of weftpd-hooks that works: one thread takes records in, one for each destination delivers them.

import CCurl
import Dispatch
import Glibc
import LinuxSystem

enum Worker {
  /// What programs are given, and nothing else.
  static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

  /// The exit code of a worker that has changed nothing: EX_TEMPFAIL of sysexits(3).
  static let cannotBegin: Int32 = 75

  /// How long after the end of weftpd's pipe what waits is still delivered.
  private static let lastMoment: Int64 = 3_000_000_000

  /// - Returns: the exit code; 0 when weftpd has closed the pipe.
  static func run(_ options: HookOptions, _ pipe: Int32) -> Int32 {
    guard weft_curl_start() == 0 else {
      complain("libcurl cannot be used")
      return cannotBegin
    }
    let destinations: [any Destination]
    let spool: Spool
    do throws(SystemError) {
      destinations = try makeDestinations(options)
      spool = try Spool(
        options.queue, limit: options.queueSize, destinations: destinations.map(\.name), cutsOff: options.isFresh)
    } catch {
      complain("\(options.queue) cannot be used: \(error)")
      // Records wait in the pipe for a while.
      return cannotBegin
    }
    let group = DispatchGroup()
    let deliverers = destinations.map { Deliverer($0, spool, retryFor: options.retryFor) }
    for deliverer in deliverers {
      let thread = DispatchQueue(label: deliverer.destination.name)
      thread.async(group: group) { deliverer.run() }
    }
    Intake(pipe, spool) { for deliverer in deliverers { deliverer.wake() } }.run()
    for deliverer in deliverers { deliverer.end(at: MonotonicTime.now.advanced(by: lastMoment)) }
    _ = group.wait(timeout: .now() + .nanoseconds(Int(lastMoment) + 1_000_000_000))
    return 0
  }

  private static func makeDestinations(_ options: HookOptions) throws(SystemError) -> [any Destination] {
    var destinations: [any Destination] = []
    if !options.program.isEmpty {
      destinations.append(ProgramDestination(options.program, timeout: options.timeout))
    }
    if let url = options.url {
      guard
        let receiver = URLDestination(url, authorities: options.authorities, timeout: options.timeout)
      else { throw SystemError(code: ENOMEM, call: "curl_easy_init") }
      destinations.append(receiver)
    }
    return destinations
  }
}
