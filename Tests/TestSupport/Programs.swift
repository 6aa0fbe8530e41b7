// Finds the programs of this package, which are built beside the test bundle.

import Glibc

/// The path of a program of this package; nil when it has not been built.
public func builtProgram(_ name: String) -> String? {
  // Under some runners the process is a helper of the toolchain, and the bundle is among its arguments.
  for start in ["/proc/self/exe"] + CommandLine.arguments {
    guard let resolved = realpath(start, nil) else { continue }
    defer { free(resolved) }
    let directory = String(cString: resolved).split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(directory)/\(name)"
    if access(path, X_OK) == 0 { return path }
  }
  return nil
}
