// Tests of MultipathPolicy.swift: the errnos of all kernels.

import Glibc
import Testing

@testable import MultipathTCP

@Suite struct MultipathPolicyTests {
  @Test func everyErrnoOfEveryKernelHasItsMeaning() {
    #expect(MultipathUnavailability(socketErrno: EINVAL) == .kernelTooOld)
    #expect(MultipathUnavailability(socketErrno: EPROTONOSUPPORT) == .notCompiled)
    #expect(MultipathUnavailability(socketErrno: ENOPROTOOPT) == .disabled)
    #expect(MultipathUnavailability(socketErrno: EACCES) == .denied(EACCES))
    #expect(MultipathUnavailability(socketErrno: EPERM) == .denied(EPERM))
    #expect(MultipathUnavailability(socketErrno: ENOSYS) == .other(ENOSYS))
  }

  @Test func shortagesAreNoReasonToFallBack() {
    for code in [EMFILE, ENFILE, ENOBUFS, ENOMEM] { #expect(MultipathUnavailability(socketErrno: code) == nil) }
    for code in [EADDRINUSE, EADDRNOTAVAIL, EACCES, EINVAL, ENETUNREACH] {
      #expect(MultipathUnavailability(callErrno: code) == nil)
    }
    #expect(MultipathUnavailability(callErrno: EOPNOTSUPP) == .other(EOPNOTSUPP))
  }

  @Test func onlyRequiredRefusesWhatWasNegotiated() {
    for negotiation in [Negotiation.fellBack, .tcp, .undecided, .unknown] {
      #expect(!MultipathPolicy.required.admits(negotiation))
      #expect(MultipathPolicy.automatic.admits(negotiation))
      #expect(MultipathPolicy.off.admits(negotiation))
    }
    #expect(MultipathPolicy.required.admits(.multipath))
  }

  @Test func wordsAreThoseOfTheSettings() {
    #expect(MultipathPolicy.allCases.map(\.rawValue) == ["automatic", "required", "off"])
  }
}
