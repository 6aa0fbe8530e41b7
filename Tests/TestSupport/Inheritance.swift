// Keeps descriptors of one test from leaking into the child processes of another that runs at the same time.

import Foundation

/// Held while a descriptor exists that is not yet close-on-exec, and while a process is started. (pipe2 and accept4,
/// which would do without it, are not visible to Swift.)
let inheritance = NSLock()

/// Marks a descriptor close-on-exec.
func setCloseOnExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
