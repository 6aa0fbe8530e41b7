// TableConversion: a table of lines becomes YAML with the same users, and its comments stay where they were.

import TestSupport
import Testing

@testable import Accounts

@Suite struct TableConversionTests {
  private let lines = """
    # The users of our server.

    # the boss
    alice:*:/srv/a b:rw,permissions=/in=list+write;/=ro,totp=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
    #old:*:/srv/old:ro

    # a printer
    bob:!:/srv/bob:ro
    # end

    """

  @Test func commentsStay() throws {
    let conversion = try TableConversion(bytes(lines), source: "users")
    #expect(conversion.users == 2 && conversion.comments == 5)
    #expect(
      String(decoding: conversion.bytes, as: UTF8.self)
        == """
        # The users of our server.

        users:
          # the boss
          alice:
            password: '*'
            home: /srv/a b
            access: rw
            permissions:
              - /in: [list, write]
              - /: ro
            totp: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP
          #old:*:/srv/old:ro

          # a printer
          bob:
            password: '!'
            home: /srv/bob
            access: ro
          # end

        """)
  }

  @Test func everyOptionStays() throws {
    var text = ""
    for (number, option) in AccountOptionsTests.good.enumerated() {
      let isWritable = UserTableEditor.isWritable(option.text, .lines)
      guard UserAttribute.byKey[option.key]?.isForGroups == false, isWritable else { continue }
      text += "u\(number):*:/u:rw,\(option.key)=\(option.text)\n"
    }
    let before = try UserTable.parse(bytes(text), source: "users")
    let after = try UserTable.parse(try TableConversion(bytes(text), source: "users").bytes, source: "users")
    #expect(before.entries.count > 30)
    #expect(after.entries.map(\.ownOptions) == before.entries.map(\.ownOptions))
  }

  @Test func emptyTablesAndForeignBytes() throws {
    #expect(try TableConversion([], source: "users").bytes == bytes("users:\n"))
    let crlf = try TableConversion(bytes("\u{FEFF}# c\t\r\n\r\na:*:/a:ro\r\n"), source: "users")
    #expect(String(decoding: crlf.bytes, as: UTF8.self).hasPrefix("# c \n\nusers:\n  a:\n"))
    let latin = bytes("# ") + [0xE9] + bytes("\na:*:/a:ro\n")
    #expect(String(decoding: try TableConversion(latin, source: "users").bytes, as: UTF8.self).hasPrefix("# \\xE9\n"))
    let name = [0xE9] + bytes(":*:/a:ro\n")
    let error = tableError { _ = try TableConversion(name, source: "users") }
    #expect(error?.description == "users:1: \\xE9: the name is not UTF-8, as all of a YAML table is")
  }

  @Test func files() throws {
    let directory = try TemporaryDirectory()
    let editor = UserTableEditor(path: try directory.file("users", lines, mode: 0o640))
    let new = try directory.file("users.yaml")
    #expect(try editor.convert(to: new).users == 2)
    #expect(try directory.content("users") == lines)
    #expect(try TableFile.read(path: new).mode == 0o640)
    #expect(tableError { _ = try editor.convert(to: new) }?.code == .system)
    let text = try directory.content("users.yaml")
    _ = try editor.convert(to: nil)
    #expect(try directory.content("users") == text)
    #expect(try editor.load().entries.count == 2)
    #expect(tableError { _ = try editor.convert(to: nil) }?.description.contains("YAML table already") == true)
    #expect(try directory.names().sorted() == ["users", "users.yaml"])
  }
}
