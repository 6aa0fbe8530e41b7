// YAMLOptionText: every option goes to YAML and comes back as the same text, and lists and mappings say what texts say.

import Testing
import YAMLDocument

@testable import Accounts

@Suite struct YAMLOptionTextTests {
  private func text(_ key: String, _ yaml: String) throws(YAMLValueError) -> String {
    let attribute = UserAttribute.byKey[key]
    guard let attribute, let node = try? YAMLNode.document(in: bytes("\(key): \(yaml)\n"))?[key] else {
      throw YAMLValueError(line: 0, message: "no node")
    }
    return try YAMLOptionText.text(of: node, attribute)
  }

  @Test(arguments: AccountOptionsTests.good.map(\.key))
  func everyOptionComesBack(key: String) throws {
    let text = try #require(AccountOptionsTests.good.first { $0.key == key }?.text)
    let attribute = try #require(UserAttribute.byKey[key])
    let pair = YAMLPair(key, YAMLOptionText.value(text, attribute))
    for document in [pair.lines(indent: 0).joined(separator: "\n") + "\n", pair.flow + "\n"] {
      let node = try #require(try YAMLNode.document(in: bytes(document))?[key])
      #expect(try YAMLOptionText.text(of: node, attribute) == text, "\(document)")
    }
  }

  @Test(arguments: [
    ("from", "[192.0.2.0/24, '2001:db8::1']", "192.0.2.0/24;2001:db8::1"), ("from", "192.0.2.1", "192.0.2.1"),
    ("hide", "\n  - '*.tmp'\n  - /x", "*.tmp;/x"), ("hours", "[mon 0800-1000, tue]", "mon 0800-1000;tue"),
    ("permissions", "\n  - /in: [list, write]\n  - /: ro", "/in=list+write;/=ro"),
    ("permissions", "{/in: list+write, /: ro}", "/in=list+write;/=ro"), ("permissions", "[/=ro]", "/=ro"),
    ("permissions", "\n  - /x: []", "/x=none"), ("mounts", "{a: /a, b: /b}", "a=/a;b=/b"),
    ("directories", "{pub: {path: /p, access: ro}, in: /i}", "pub=/p=ro;in=/i"),
    ("directory-quotas", "{/in: {size: 1GiB, files: 9}, /out: {files: 3}, /x: 1MiB}", "/in=1GiB/9;/out=none/3;/x=1MiB"),
    ("rate-down", "\n  - 1MiB\n  - 0800-1800: 200KiB", "1MiB;0800-1800=200KiB"),
    ("welcome", "|\n  Hello,\n  you", "Hello,\nyou"), ("welcome", "'a; b'", "a; b"), ("umask", "022", "022"),
  ])
  func formsOfValues(key: String, yaml: String, expected: String) throws {
    #expect(try text(key, yaml) == expected)
  }

  @Test(arguments: [
    ("tls", "[required]", "is a list"), ("tls", "{a: b}", "is a mapping"), ("from", "{a: b}", "is a mapping"),
    ("from", "[]", "empty list"), ("hide", "['a;b']", "';' in it"), ("hide", "['']", "empty item"),
    ("hide", "[[a]]", "a list in its list"), ("tls", "", "has no value"), ("tls", "~", "has no value"),
    ("directories", "{a: {pth: /x}}", "did you mean path?"), ("directories", "{a: {access: ro}}", "lacks path"),
    ("directories", "{a: {path: /x, path: /y}}", "twice"), ("welcome", "\"a\\x1b\"", "control character"),
    ("mounts", "{a: [b]}", "cannot be"), ("hide", "\"a\\n\"", "control character"), ("mounts", "{}", "is empty"),
  ])
  func mistakes(key: String, yaml: String, expected: String) {
    do throws(YAMLValueError) {
      let text = try text(key, yaml)
      Issue.record("\(text) was read")
    } catch {
      #expect(error.message.contains(expected), "\(error.message)")
    }
  }
}
