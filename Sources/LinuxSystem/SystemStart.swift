// Which start of the system this is: what was only in memory is gone after the next one.

import Glibc

public enum SystemStart {
  /// Sixteen bytes that are others after each start of the system. Where they cannot be read, those of this process.
  ///
  /// Source: random(4), /proc/sys/kernel/random/boot_id.
  public static let identity: [UInt8] = {
    guard let text = read(), text.count == 32 else { return Random.bytes(16) }
    return stride(from: 0, to: 32, by: 2).map { text[$0] << 4 | text[$0 + 1] }
  }()

  /// When it was, in seconds since 1970-01-01 00:00:00 UTC, as the clock has it now. Source: clock_gettime(2), CLOCK_BOOTTIME.
  public static var seconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return WallClock.seconds - Int64(time.tv_sec)
  }

  /// The digits' values.
  private static func read() -> [UInt8]? {
    guard let file = try? File.open("/proc/sys/kernel/random/boot_id", flags: O_RDONLY) else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
      guard let count = try? File.read(file.number, into: buffer, at: 0) else { return nil }
      return buffer[..<count].compactMap { byte in
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
      }
    }
  }
}
