// Python's ftplib (every release has it) and aioftp (MLSD and pipelined streams).

import Foundation
import TestSupport
import Testing

@Suite struct PythonTests {
  static let python = ProcessInfo.processInfo.environment["WEFTPD_PYTHON"] ?? "python3"

  @Test(.enabled(if: has("ftplib"), "no python3 with ftplib"), arguments: ["True", "False"])
  func ftplib(_ passive: String) async throws {
    try await Interop.run { test in
      try test.client(Self.python, "-c", Self.ftplibScript, test.port, Server.password, passive)
      try test.requireLocal("out.bin")
      try test.requireRemote("up.bin", Interop.content + bytes("tail"))
      try test.requireRemote("text", bytes("one\ntwo\n"))
    }
  }

  @Test(.enabled(if: has("aioftp"), "no python3 with aioftp"))
  func aioftp() async throws {
    try await Interop.run { test in
      try test.client(Self.python, "-c", Self.aioftpScript, test.port, Server.password)
      try test.requireSameTree(test.server.root.path + "/tree", test.local.path + "/tree")
      try test.requireSameTree(test.server.root.path + "/tree", test.server.root.path + "/up/tree")
    }
  }

  static func has(_ module: String) -> Bool {
    (try? run([python, "-c", "import \(module)"]))?.exitCode == 0
  }

  private static let ftplibScript = """
    import ftplib, io, sys
    f = ftplib.FTP(timeout=30, encoding='utf-8')
    f.connect('127.0.0.1', int(sys.argv[1]))
    f.login('alice', sys.argv[2])
    f.set_pasv(sys.argv[3] == 'True')
    assert f.pwd() == '/'
    with open('out.bin', 'wb') as out: f.retrbinary('RETR data.bin', out.write)
    with open('out.bin', 'rb') as data: f.storbinary('STOR up.bin', data)
    f.storbinary('APPE up.bin', io.BytesIO(b'tail'))
    part = []
    f.retrbinary('RETR data.bin', part.append, rest=1234000)
    assert b''.join(part) == open('out.bin', 'rb').read()[1234000:]
    f.storlines('STOR text', io.BytesIO(b'one\\ntwo\\n'))
    lines = []
    f.retrlines('RETR text', lines.append)
    assert lines == ['one', 'two'], lines
    assert 'data.bin' in f.nlst(), f.nlst()
    entries = dict(f.mlsd(facts=['type', 'size', 'modify']))
    assert entries['data.bin']['type'] == 'file' and int(entries['data.bin']['size']) == 1234567, entries
    assert entries['tree']['type'] == 'dir', entries
    lines = []
    f.dir(lines.append)
    assert any(line.endswith(' data.bin') for line in lines), lines
    assert f.mkd('a "quoted" dir') == '/a "quoted" dir'
    f.cwd('a "quoted" dir'); f.cwd('..'); f.rmd('a "quoted" dir')
    f.rename('empty', 'renamed'); f.delete('renamed')
    f.voidcmd('TYPE I')
    assert f.size('data.bin') == 1234567
    try: f.size('absent')
    except ftplib.error_perm as e: assert str(e).startswith('550'), e
    connection = f.transfercmd('RETR data.bin')
    connection.recv(10)
    f.abort(); connection.close()
    try: f.voidresp()
    except ftplib.error_temp: f.voidresp()
    assert f.pwd() == '/'
    f.quit()
    """

  private static let aioftpScript = """
    import asyncio, pathlib, sys, aioftp
    async def main():
      async with aioftp.Client.context('127.0.0.1', int(sys.argv[1]), user='alice', password=sys.argv[2]) as client:
        await client.download('tree', 'tree', write_into=True)
        await client.make_directory('/up')
        await client.change_directory('/up')
        await client.upload('tree', 'tree', write_into=True)
        await client.change_directory('/')
        info = await client.stat('data.bin')
        assert int(info['size']) == 1234567, info
        assert await client.exists('tree/one') and not await client.exists('absent')
        names = sorted([str(path) async for path, _ in client.list('tree', recursive=True)])
        assert 'tree/one/two/b.txt' in [name.lstrip('/') for name in names], names
        await client.rename('empty', 'renamed')
        await client.remove('renamed')
    asyncio.run(main())
    """
}
