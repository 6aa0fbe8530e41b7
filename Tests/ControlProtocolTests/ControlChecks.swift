// What must hold for any packet at all; the fuzzer looks for one that breaks it and the tests replay what it kept.

// The fuzzer is built from this file and the module's sources as one module.
#if canImport(ControlProtocol)
  import ControlProtocol
#endif

/// One property of the control protocol, tried on arbitrary bytes.
struct ControlCheck: Sendable {
  /// The name of the fuzz target and of its folder of kept inputs.
  let name: String
  /// Says what is wrong, or nil if all is well.
  let run: @Sendable ([UInt8]) -> String?

  static let all = [
    ControlCheck(name: "control-request", run: checkControlRequest),
    ControlCheck(name: "control-reply", run: checkControlReply),
  ]
}

/// What is read as a request is written as the same bytes, and nothing else is read as it.
private func checkControlRequest(_ input: [UInt8]) -> String? {
  guard let (id, request) = try? input.withUnsafeBytes({ try ControlRequest.read($0) }) else { return nil }
  let again = request.encoded(id: id)
  if again != input { return "\(request) is written as \(again)" }
  if input.count > ControlLimits.request { return "\(input.count) bytes passed the limit" }
  for change in [input + [0], Array(input.dropLast())] {
    if let (_, other) = try? change.withUnsafeBytes({ try ControlRequest.read($0) }) {
      return "with a byte more or less it is \(other)"
    }
  }
  return nil
}

/// The same for replies.
private func checkControlReply(_ input: [UInt8]) -> String? {
  guard let (id, reply) = try? input.withUnsafeBytes({ try ControlReply.read($0) }) else { return nil }
  let again = reply.encoded(id: id)
  if again != input { return "\(reply) is written as \(again)" }
  if (try? (input + [0]).withUnsafeBytes({ try ControlReply.read($0) })) != nil { return "a byte more is accepted" }
  return nil
}
