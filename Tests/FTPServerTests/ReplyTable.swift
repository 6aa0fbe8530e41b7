// The replies each command may give: RFC 959, section 5.4, and the documents that define the later commands.

import FTPProtocol

/// What section 5.4 says of one command.
struct ReplyTableRow {
  let verb: Verb
  /// A line that is right, without CRLF.
  let good: String
  /// A line that is wrong by its argument; nil where no argument is wrong.
  let bad: String?
  /// Preliminary and final replies, beside those that every command may give.
  let codes: Set<Int>

  init(_ good: String, bad: String? = nil, _ codes: Int...) {
    self.good = good
    self.bad = bad
    self.codes = Set(codes)
    verb = Verb(Array(good.prefix { $0 != " " }.utf8)) ?? "NOOP"
  }
}

enum ReplyTable {
  /// 421: "may be a reply to any command if the service knows it must shut down".
  static let anywhere: Set<Int> = [421, 500, 501]

  static let rows: [ReplyTableRow] = access + parameters + ports + transfers + files + digests + information

  private static let access = [
    ReplyTableRow("USER bob", bad: "USER", 230, 331, 332, 503, 530),
    ReplyTableRow("PASS secret", 202, 230, 332, 503, 530),
    ReplyTableRow("ACCT 1", bad: "ACCT", 202, 230, 503, 530),
    ReplyTableRow("CWD d", bad: "CWD missing", 250, 530, 550),
    ReplyTableRow("XCWD d", bad: "XCWD missing", 250, 530, 550),
    ReplyTableRow("CDUP", 200, 250, 530, 550),
    ReplyTableRow("XCUP", 200, 250, 530, 550),
    ReplyTableRow("SMNT x", bad: "SMNT", 202, 250, 530, 550),
    ReplyTableRow("REIN", 120, 220),
    ReplyTableRow("QUIT", 221),
    // RFC 7151, section 3.3.
    ReplyTableRow("HOST one.example.org", bad: "HOST ::", 220, 503, 504),
    // RFC 2228, section 5.2; RFC 4217.
    ReplyTableRow("AUTH X", bad: "AUTH", 234, 334, 431, 502, 503, 504, 534),
    ReplyTableRow("ADAT x", bad: "ADAT", 235, 335, 502, 503, 535),
    ReplyTableRow("PBSZ 0", bad: "PBSZ", 200, 502, 503, 530),
    ReplyTableRow("PROT C", bad: "PROT", 200, 431, 502, 503, 504, 530, 534, 536),
    ReplyTableRow("CCC", 200, 502, 503, 530, 533, 534),
    // By custom.
    ReplyTableRow("SSCN OFF", bad: "SSCN maybe", 200, 501, 503, 530, 534),
    ReplyTableRow("CPSV", 227, 425, 502, 503, 530, 534),
    ReplyTableRow("MIC x", bad: "MIC", 502, 503, 533, 535, 537),
    ReplyTableRow("CONF x", bad: "CONF", 502, 503, 533, 535, 537),
    ReplyTableRow("ENC x", bad: "ENC", 502, 503, 533, 535, 537),
  ]

  private static let parameters = [
    ReplyTableRow("TYPE I", bad: "TYPE X", 200, 504, 530),
    ReplyTableRow("STRU F", bad: "STRU X", 200, 504, 530),
    ReplyTableRow("MODE S", bad: "MODE X", 200, 504, 530),
    // RFC 2389, section 4.
    ReplyTableRow("OPTS UTF8 ON", bad: "OPTS", 200, 451),
    ReplyTableRow("CLNT test", 200),
    ReplyTableRow("CSID Name=test;", bad: "CSID", 200),
    // RFC 2640, section 4.1.
    ReplyTableRow("LANG en", bad: "LANG 1234567890", 200, 504),
  ]

  private static let ports = [
    // 500: RFC 2577 has servers refuse other hosts, and every server known refuses so; 502 and 503: switched off, after EPSV ALL.
    ReplyTableRow("PORT 127,0,0,1,200,1", bad: "PORT x", 200, 502, 503, 530),
    ReplyTableRow("PASV", 227, 425, 502, 503, 530),
    // RFC 2428.
    ReplyTableRow("EPRT |1|127.0.0.1|51201|", bad: "EPRT x", 200, 502, 503, 522, 530),
    ReplyTableRow("EPSV", bad: "EPSV x", 200, 229, 425, 502, 522, 530),
    // RFC 1639, section 4.
    ReplyTableRow("LPRT 4,4,127,0,0,1,2,200,1", bad: "LPRT x", 200, 502, 503, 521, 530),
    ReplyTableRow("LPSV", 228, 425, 502, 503, 521, 530),
    ReplyTableRow("PRET LIST", bad: "PRET x", 200, 530),
  ]

  private static let transfers = [
    ReplyTableRow(
      "STOR new", bad: "STOR", 110, 125, 150, 226, 250, 425, 426, 450, 451, 452, 504, 521, 522, 530, 532, 550, 551, 552,
      553, 554, 555),
    ReplyTableRow("STOU", 110, 125, 150, 226, 250, 425, 426, 450, 451, 452, 521, 522, 530, 532, 550, 551, 552, 553),
    ReplyTableRow(
      "APPE new", bad: "APPE", 110, 125, 150, 226, 250, 425, 426, 450, 451, 452, 521, 522, 530, 532, 550, 551, 552, 553,
      554, 555),
    ReplyTableRow(
      "RETR f", bad: "RETR missing", 110, 125, 150, 226, 250, 425, 426, 450, 451, 504, 521, 522, 530, 550, 554, 555),
    ReplyTableRow("LIST", bad: "LIST missing", 125, 150, 226, 250, 425, 426, 450, 451, 521, 522, 530),
    ReplyTableRow("NLST", bad: "NLST missing", 125, 150, 226, 250, 425, 426, 450, 451, 521, 522, 530),
    // RFC 3659, section 7.2.1.
    ReplyTableRow("MLSD", bad: "MLSD missing", 125, 150, 226, 250, 425, 426, 450, 451, 521, 522, 530, 550),
    ReplyTableRow("ALLO 1", bad: "ALLO x", 200, 202, 452, 504, 530, 550, 552),
    ReplyTableRow("REST 0", bad: "REST x", 350, 502, 504, 530, 554),
    ReplyTableRow("ABOR", 225, 226, 530),
  ]

  private static let files = [
    ReplyTableRow("RNFR f", bad: "RNFR missing", 350, 450, 530, 550),
    ReplyTableRow("RNTO g", bad: "RNTO", 250, 503, 530, 532, 553),
    ReplyTableRow("DELE f", bad: "DELE missing", 250, 450, 530, 550),
    ReplyTableRow("RMD d", bad: "RMD missing", 250, 530, 550),
    ReplyTableRow("XRMD d", bad: "XRMD missing", 250, 530, 550),
    ReplyTableRow("MKD new", bad: "MKD /", 257, 530, 550, 553),
    ReplyTableRow("XMKD new", bad: "XMKD /", 257, 530, 550, 553),
    ReplyTableRow("PWD", 257, 530, 550),
    ReplyTableRow("XPWD", 257, 530, 550),
    // RFC 3659, sections 3, 4 and 7.
    ReplyTableRow("SIZE f", bad: "SIZE missing", 213, 450, 530, 550),
    ReplyTableRow("MDTM f", bad: "MDTM missing", 213, 450, 530, 550),
    ReplyTableRow("MLST f", bad: "MLST missing", 250, 450, 530, 550),
    // draft-somers-ftp-mfxx.
    ReplyTableRow("MFMT 20240102030405 f", bad: "MFMT x f", 213, 504, 530, 550, 553),
    ReplyTableRow("MFCT 20240102030405 f", bad: "MFCT x f", 213, 502, 504, 530, 550, 553),
    ReplyTableRow("MFF Modify=20240102030405; f", bad: "MFF x f", 213, 502, 504, 530, 550, 553),
    ReplyTableRow("SITE HELP", bad: "SITE XYZZY", 200, 202, 214, 504, 530),
    ReplyTableRow("COMB new f", bad: "COMB", 250, 450, 502, 504, 530, 550, 552, 553),
    ReplyTableRow("AVBL", 213, 502, 530, 550),
    ReplyTableRow("DSIZ", bad: "DSIZ missing", 213, 502, 530, 550),
    ReplyTableRow("THMB JPG 1 1 f", bad: "THMB", 502),
  ]

  private static let digests = [
    // draft-bryan-ftpext-hash, draft-bryan-ftp-range, and the customs before them.
    ReplyTableRow("HASH f", bad: "HASH missing", 213, 450, 502, 504, 530, 550, 551, 552, 553),
    ReplyTableRow("RANG 0 0", bad: "RANG x", 350, 502, 504, 530, 551),
    ReplyTableRow("XCRC f", bad: "XCRC missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
    ReplyTableRow("XMD5 f", bad: "XMD5 missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
    ReplyTableRow("XSHA f", bad: "XSHA missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
    ReplyTableRow("XSHA1 f", bad: "XSHA1 missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
    ReplyTableRow("XSHA256 f", bad: "XSHA256 missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
    ReplyTableRow("XSHA512 f", bad: "XSHA512 missing", 213, 250, 450, 502, 504, 530, 550, 551, 553),
  ]

  private static let information = [
    ReplyTableRow("SYST", 215),
    ReplyTableRow("STAT", bad: "STAT missing", 211, 212, 213, 450, 530),
    ReplyTableRow("HELP", bad: "HELP XYZZY", 211, 214),
    ReplyTableRow("FEAT", 211),
    ReplyTableRow("NOOP", 200),
  ]
}
