// The errno that a call fails with, for tests that expect one.

import LinuxSystem

/// The errno that `body` fails with; nil when it does not fail, -1 when it throws something else than a `SystemError`.
public func failure(_ body: () throws -> Void) -> Int32? {
  do {
    try body()
    return nil
  } catch let error as SystemError {
    return error.code
  } catch {
    return -1
  }
}
