// Perl's Net::FTP, which comes with Perl: what it reads out of replies.

import Foundation
import TestSupport
import Testing

@Suite struct PerlTests {
  @Test(.enabled(if: hasNetFTP, "no perl with Net::FTP"))
  func uniqueNamesAndNamesWithControlCharacters() async throws {
    try await Interop.run { test in
      try test.client("perl", "-e", Self.script, test.port, Server.password)
      try test.requireRemote("a\u{1}b\u{1B}c/inside", bytes("y"))
    }
  }

  private static let hasNetFTP = (try? run(["perl", "-MNet::FTP", "-e", "1"]))?.exitCode == 0

  private static let script = #"""
    use strict; use Net::FTP;
    my $f = Net::FTP->new('127.0.0.1', Port => $ARGV[0], Passive => 1, Timeout => 30) or die $@;
    $f->login('alice', $ARGV[1]) or die $f->message; $f->binary;
    my $d = $f->stou('note.txt') or die $f->message;
    my ($told) = $f->message =~ /FILE:\s*(\S+)/;
    $d->write('x', 1); $d->close;
    my $name = $f->unique_name;
    die "unique_name: " . ($name // 'undef') . ", 150 told $told" unless defined $name && $name eq $told;
    $f->size($name) == 1 or die "the stored file: " . $f->message;
    my $made = $f->mkdir("a\x01b\x1Bc") or die $f->message;
    $f->cwd($made) or die "CWD to what MKD has told: " . $f->message;
    my $here = $f->pwd; $f->cwd('/') or die; $f->cwd($here) or die "CWD to what PWD has told: " . $f->message;
    my $o = $f->stor('inside') or die $f->message; $o->write('y', 1); $o->close;
    $f->quit;
    """#
}
