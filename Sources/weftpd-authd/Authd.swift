// weftpd-authd: the process that is root and knows PAM, so that weftpd has to be neither. Wiring only.

import AuthenticationProtocol
import Glibc
import LinuxSystem
import WeftVersion

@main
struct Authd {
  static func main() {
    let arguments = ThisProcess.arguments
    if arguments == ["--help"] {
      print(Options.usage, terminator: "")
      return
    }
    if arguments == ["--version"] {
      print("weftpd-authd \(weftVersion)")
      return
    }
    let options: Options
    do throws(UsageError) {
      options = try Options(arguments)
    } catch {
      complain("\(error)\n\(Options.usage)")
      exit(64)
    }
    signal(SIGPIPE, SIG_IGN)
    // Passwords pass through: none of them is to be found in a core file.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    guard let socket = options.channel ?? inherited() else {
      complain("there is no socket; systemd gives one (weftpd-authd.socket), or weftpd\n\(Options.usage)")
      exit(64)
    }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    let isListener = PacketSocket.isListening(socket)
    var service = Service(options, listener: isListener ? socket : nil, channels: isListener ? [] : [socket])
    service.run()
  }

  /// The socket systemd gives. Source: sd_listen_fds(3).
  private static func inherited() -> Int32? {
    func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }
    guard number("LISTEN_PID") == Int(getpid()), number("LISTEN_FDS") == 1 else { return nil }
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
    return 3
  }
}
