// The current certificates: changed settings, changed files, files that have become bad.

import Glibc
import LinuxSystem
import Testing

@testable import TransportSecurity

@Suite struct TLSStoreTests {
  private let directory: CertificateDirectory

  init() throws { directory = try CertificateDirectory() }

  private func options(_ files: CertificateFiles...) -> TLSOptions {
    var options = TLSOptions()
    options.certificates = files
    return options
  }

  /// Whether a look at the files finds nothing new.
  private func isQuiet(_ store: TLSStore) -> Bool {
    if case nil = store.refresh() { true } else { false }
  }

  @Test func withoutCertificatesThereIsOneOfItsOwnForItsLifetime() throws {
    let store = try TLSStore(TLSOptions())
    let first = store.current?.fingerprints
    #expect(store.isSelfSigned)
    try store.replace(with: nil)
    #expect(store.current == nil)
    try store.replace(with: TLSOptions())
    #expect(store.current?.fingerprints == first)
    #expect(first != nil)
  }

  @Test func changedFilesAreNoticed() throws {
    let files = try directory.make("a")
    let store = try TLSStore(options(files), interval: 0)
    let first = store.current
    #expect(isQuiet(store))
    try CertificateDirectory.write(SelfSignedCertificate(), to: files)
    guard case .renewed(let renewed)? = store.refresh() else {
      Issue.record("new files were not noticed")
      return
    }
    #expect(renewed.fingerprints != first?.fingerprints)
    #expect(store.current === renewed)
    #expect(isQuiet(store))
  }

  @Test func badFilesKeepTheOldCertificates() throws {
    let files = try directory.make("a")
    let store = try TLSStore(options(files), interval: 0)
    let first = store.current
    _ = directory.write("a.crt", "not a certificate\n")
    guard case .refused(let error)? = store.refresh() else {
      Issue.record("a bad certificate was not refused")
      return
    }
    #expect(error.setting == "tls.certificate")
    #expect(store.current === first)
    // Told once, not at every connection.
    #expect(isQuiet(store))
    #expect(throws: TLSConfigurationError.self) { try store.replace(with: options(files)) }
    #expect(store.current === first)
  }
}
