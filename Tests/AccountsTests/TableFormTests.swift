// TableForm: the contents decide, and the name where they do not tell.

import Testing

@testable import Accounts

@Suite struct TableFormTests {
  @Test(arguments: [
    ("", "users", TableForm.lines), ("", "users.yaml", .yaml), ("# c\n\n", "/etc/users.yml", .yaml),
    ("a:*:/a:rw\n", "users", .lines), ("# c\na:*:/a:rw\n", "users.yaml", .lines), ("users:\n", "users", .yaml),
    ("\u{FEFF}# c\ngroups: {}\n", "users", .yaml), ("---\nusers: {}\n", "users", .yaml),
    ("%YAML 1.1\n---\n", "users", .yaml), ("users: # all of them\n", "users", .yaml),
    ("users:*:/srv/users:rw\n", "users", .lines), ("users:*:/srv/users:rw\n", "x.yaml", .lines),
    ("---:*:/a:rw\n", "users", .lines), ("broken\n", "users", .lines), ("broken\n", "users.yaml", .yaml),
    ("users: {a: {home: /a, x: y}}\n", "users.yaml", .yaml), ("  # c\nusers:\n", "users", .yaml),
  ])
  func forms(text: String, name: String, form: TableForm) {
    #expect(TableForm(of: bytes(text), source: name) == form, "\(text)")
  }
}
