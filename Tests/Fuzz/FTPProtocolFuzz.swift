// The fuzzer's way in: hands each input to the check that WEFTPD_FUZZ_TARGET names and stops at the first that fails.

import Glibc

/// The check to run, looked up once.
private let check: (name: String, run: @Sendable ([UInt8]) -> String?) = {
  let name = getenv("WEFTPD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  let all = ProtocolCheck.all.map { ($0.name, $0.run) } + ControlCheck.all.map { ($0.name, $0.run) }
  guard let check = all.first(where: { $0.0 == name }) else {
    fatalError("WEFTPD_FUZZ_TARGET is one of: \(all.map(\.0).joined(separator: " "))")
  }
  return check
}()

/// Called by libFuzzer for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if let failure = check.run(input) { fatalError("\(check.name): \(failure)") }
  return 0
}
