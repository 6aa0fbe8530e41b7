// Shell scripts as an administrator would type them.

import TestSupport

/// Runs the lines of a shell script in the network namespace of the calling thread and gives its standard output.
/// The script ends at the first line that fails; then what it wrote to standard error is thrown.
@discardableResult
public func shell(_ script: String) throws -> String { try shell(script, by: []) }

/// The same through a command that starts the shell, such as `ip netns exec NAME`.
func shell(_ script: String, by starter: [String]) throws -> String {
  let result = try run(starter + ["/bin/sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin\n\(script)"])
  if result.exitCode != 0 { throw TestFailure("\(script)\nended with \(result.exitCode): \(result.errors)") }
  return result.output
}
