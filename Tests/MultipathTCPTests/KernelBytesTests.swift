// Tests of KernelBytes.swift: nothing is read beyond the length the kernel reported.

import LinuxSystem
import Testing

@testable import MultipathTCP

@Suite struct KernelBytesTests {
  @Test func readsOnlyWhatIsThere() {
    let raw: [UInt8] = [1, 2, 3, 4, 5]
    raw.withUnsafeBytes {
      let all = KernelBytes($0)
      #expect(all.load(1, as: UInt32.self) == 0x0504_0302)
      #expect(all.load(2, as: UInt32.self) == nil)
      #expect(all.load(-1, as: UInt8.self) == nil)
      #expect(all.load(.max, as: UInt8.self) == nil)
      #expect(all.byte(4) == 5)
      #expect(all.byte(5) == nil)
      #expect(KernelBytes($0, from: 3, count: 100).count == 2)
      #expect(KernelBytes($0, from: 100, count: 100).count == 0)
      #expect(KernelBytes($0, from: 1, count: -5).count == 0)
    }
  }

  @Test func readsAddressesOfBothFamilies() {
    let ipv4 = bytes("0200 0849 0a4d0102 0000000000000000")
    ipv4.withUnsafeBytes { #expect(KernelBytes($0).socketAddress(0)?.description == "10.77.1.2:2121") }
    let ipv6 = bytes("0a00 0849 00000000 20010db8000000000000000000000007 00000000")
    ipv6.withUnsafeBytes { #expect(KernelBytes($0).socketAddress(0)?.description == "[2001:db8::7]:2121") }
    let mapped = bytes("0a00 0849 00000000 00000000000000000000ffff0a4d0102 00000000")
    mapped.withUnsafeBytes { #expect(KernelBytes($0).socketAddress(0)?.description == "10.77.1.2:2121") }
    let gone = bytes("0000 0849 0a4d0102 0000000000000000")
    gone.withUnsafeBytes { #expect(KernelBytes($0).socketAddress(0) == nil) }
    let short = bytes("0200 0849 0a4d")
    short.withUnsafeBytes { #expect(KernelBytes($0).socketAddress(0) == nil) }
  }
}
