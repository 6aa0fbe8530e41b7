// The fuzzer's way to sessions of the client: each input drives a server and a client against each other.

import Dispatch
import FTPClient

/// Made once: a runtime has threads that live as long as the process.
private let check: SessionCheck = {
  do throws(ClientError) { return SessionCheck(runtime: try ClientRuntime()) } catch { fatalError("\(error)") }
}()

private final class Outcome: @unchecked Sendable {
  // @unchecked: written before the semaphore is signalled, read behind it.
  var failure: String?
}

/// Called by libFuzzer for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let outcome = Outcome()
  let done = DispatchSemaphore(value: 0)
  Task {
    outcome.failure = await check.run(input)
    done.signal()
  }
  done.wait()
  if let failure = outcome.failure { fatalError("\(SessionCheck.name): \(failure)") }
  return 0
}
