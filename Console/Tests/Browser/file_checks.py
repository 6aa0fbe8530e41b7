"""A user's files in the browser: names of every kind, uploads that are broken off and go on, previews, ten thousand rows."""

import glob
import os
import time
import urllib.parse
import zipfile

from browser import Keys
from harness import check, until
from samples import PDF, png, sha256

EVIL = "<img src=x onerror=window.pwned=1>"
BYTES = b"caf\xe9 \xff.txt"
LINES = "two\r\nlines"
# MiB of what is uploaded, at 20 MiB a second.
SIZE = 96


def log_in(rig, page):
    page.open(rig.origin)
    page.wait_text("Log in", "h1")
    page.look("login")
    page.type("#user", "alice")
    page.type("#password", "wrong")
    page.press("Log in", "form")
    page.wait_text("weftpd refuses this user or password.", ".problem")
    page.type("#password", rig.password)
    page.press("Log in", "form")
    page.find("table.files")


def names(rig, page):
    place = os.path.join(rig.files, "names")
    os.mkdir(place)
    for name in (EVIL.encode(), BYTES, LINES.encode(), b"#? %41&;.txt", "ünï – 名前.txt".encode()):
        with open(os.path.join(place.encode(), name), "wb") as file:
            file.write(b"inside " + name)
    with open(os.path.join(place, "dot.png"), "wb") as file:
        file.write(png())
    with open(os.path.join(place, "page.html"), "w") as file:
        file.write("<script>parent.pwned = 1</script><h1>not a page</h1>")
    with open(os.path.join(place, "paper.pdf"), "wb") as file:
        file.write(PDF)
    page.go("#files/names")
    page.wait_text(EVIL, "table.files")
    check(not page.all("table.files img"), "a name became markup")
    for name in ("caf\ufffd \ufffd.txt", "#? %41&;.txt", "ünï – 名前.txt"):
        page.wait_text(name, "table.files")
    # weftpd lists CR and LF as question marks, since no command could carry them.
    page.wait_text("two??lines", "table.files")
    for name in (EVIL.encode(), BYTES, b"#? %41&;.txt"):
        answer = page.await_script(
            "const answer = await fetch(args[0]); return [answer.status, [...new Uint8Array(await answer.arrayBuffer())],"
            " answer.headers.get('Content-Disposition'), answer.headers.get('Content-Security-Policy')];",
            "/api/files/names/" + urllib.parse.quote_from_bytes(name, safe=""))
        check(answer[0] == 200 and bytes(answer[1]) == b"inside " + name, f"{name}: {answer}")
        check(answer[2].startswith("attachment") and "sandbox" in answer[3], f"{name}: {answer[2:]}")
    select(page, EVIL)
    page.press("Open")
    page.wait_text("inside " + EVIL, "dialog pre")
    check(page.script("return window.pwned") is None, "a name was run")
    page.look("preview")
    page.press("Close", "dialog")
    select(page, "dot.png")
    page.press("Open")
    until(lambda: page.script("return document.querySelector('dialog img')?.naturalWidth") == 1, "a picture")
    page.press("Close", "dialog")
    select(page, "paper.pdf")
    page.press("Open")
    # The viewer of the browser has taken the frame, whose document is sandboxed.
    until(lambda: page.find("dialog iframe").is_displayed(), "a frame")
    framed = page.await_script(
        "const answer = await fetch('/api/files/names/paper.pdf?inline');"
        " return [answer.headers.get('content-security-policy'), answer.headers.get('content-type')];")
    check("sandbox" in framed[0] and "frame-ancestors 'self'" in framed[0] and framed[1] == "application/pdf", framed)
    until(lambda: page.black("dialog iframe") > 0.1, "a page of the PDF, black on white")
    page.press("Close", "dialog")
    select(page, "page.html")
    page.press("Open")
    page.wait_text("<h1>not a page</h1>", "dialog pre")
    page.press("Close", "dialog")
    check(page.script("return window.pwned") is None, "a file was run")


def select(page, name):
    """Clicks the row of that name."""
    def click():
        return page.script(
            "const row = [...document.querySelectorAll('table.files tbody tr')].find((one) =>"
            " one.querySelector('.name')?.textContent === arguments[0]); row?.querySelector('.mode, .number').click();"
            " return Boolean(row)", name)
    until(click, f"a row {name}")


def changes(rig, page):
    page.go("#files/")
    page.press("New folder…")
    page.type("#ask-name", "made & <new>")
    page.press("Make it", "dialog")
    page.wait_text("made & <new>", "table.files")
    check(os.path.isdir(f"{rig.files}/made & <new>"), "no folder was made")
    select(page, "made & <new>")
    page.press("Rename…")
    page.type("#ask-name", "named anew")
    page.press("Rename", "dialog")
    page.wait_text("named anew", "table.files")
    check(os.path.isdir(f"{rig.files}/named anew"), "nothing was renamed")
    os.makedirs(f"{rig.files}/named anew/deep/deeper")
    with open(f"{rig.files}/named anew/deep/file", "w") as file:
        file.write("x")
    # With the keys alone: to the row, and away with it.
    page.script("document.querySelector('table.files').focus()")
    page.keys(Keys.HOME)
    until(lambda: page.script("return document.querySelector('tr.current .name')?.textContent"), "a current row")
    for _ in range(20):
        if page.script("return document.querySelector('tr.current .name').textContent") == "named anew":
            break
        page.keys(Keys.ARROW_DOWN)
    page.keys(Keys.DELETE)
    page.type("#ask-typed", "delete")
    page.press("Delete", "dialog")
    until(lambda: not os.path.exists(f"{rig.files}/named anew"), "the folder is gone")
    until(lambda: "named anew" not in page.text("table.files"), "its row is gone")


def uploads(rig, page):
    source = os.path.join(rig.place, "upload.bin")
    with open(source, "wb") as file:
        for _ in range(SIZE):
            file.write(os.urandom(1 << 20))
    page.go("#files/")
    seen = []

    def progress():
        value = page.script(
            "const bar = document.querySelector('.transfers li[data-name=\"upload.bin\"] progress');"
            " return bar ? bar.value / bar.max : 0")
        if value and (not seen or value != seen[-1]):
            seen.append(value)
        return value

    page.find("#picker").send_keys(source)
    # Looking takes seconds where the processors are busy; then there has to be something left to break off.
    until(lambda: progress() > 0, "an upload that has begun")
    page.look("uploading")
    until(lambda: progress() > 0.3, "a third of the upload")
    page.press("Cancel upload.bin")
    page.wait_text("cancelled", ".transfers")
    check(not os.path.exists(f"{rig.files}/upload.bin"), "half a file has the name of the whole")
    kept = until(lambda: page.await_script(
        "const answer = await fetch('/api/partial/upload.bin'); return answer.ok ? (await answer.json()).bytes : 0"),
        "what weftpd has kept")
    page.press("Resume upload.bin")
    page.wait_text("goes on at", "#toasts")
    until(lambda: progress() >= 0.999 and "done" in page.text(".transfers"), "the upload is done")
    check(len(seen) >= 4, f"progress was seen {len(seen)} times")
    check(sha256(source) == sha256(f"{rig.files}/upload.bin"), "the resumed file is another one")
    page.wait_text("upload.bin", "table.files")

    # The same name again: asked before it is replaced.
    page.expected.append("412")
    page.find("#picker").send_keys(source)
    page.wait_text("Replace upload.bin?", "dialog")
    page.press("Cancel", "dialog")
    page.wait_text("There is a file of that name.", ".transfers")
    page.press("Clear what is done")

    # Broken off by loading the page anew; the same file chosen again goes on.
    os.rename(source, os.path.join(rig.place, "second.bin"))
    source = os.path.join(rig.place, "second.bin")
    page.find("#picker").send_keys(source)
    until(lambda: (page.script("return document.querySelector('.transfers progress')?.value") or 0) > 20 << 20, "a third")
    page.driver.execute_cdp_cmd("Page.enable", {})
    page.script("setTimeout(() => location.reload(), 0)")
    time.sleep(0.5)
    try:
        page.driver.switch_to.alert.accept()
    except Exception:  # no question is asked without a click of a person
        pass
    page.wait_text("choose the same file again to go on", ".transfers")
    page.find("#picker").send_keys(source)
    page.wait_text("goes on at", "#toasts")
    until(lambda: "done" in page.text(".transfers"), "the second upload is done")
    check(sha256(source) == sha256(f"{rig.files}/second.bin"), "the file resumed after a reload is another one")
    page.look("uploaded")
    return f"{SIZE} MiB were broken off at {kept >> 20} MiB and resumed; progress was seen {len(seen)} times"


def dropped(rig, page):
    page.script("""
      const data = new DataTransfer(); data.items.add(new File(["let fall"], "dropped & more.txt"));
      document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, bubbles: true }));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));""")
    page.wait_text("dropped & more.txt", "table.files")
    with open(f"{rig.files}/dropped & more.txt", "rb") as file:
        check(file.read() == b"let fall", "the dropped file is another one")


def digest_download_zip(rig, page, downloads):
    select(page, "upload.bin")
    page.press("Digest")
    page.wait_text(sha256(f"{rig.files}/upload.bin"), "dialog")
    page.press("Close", "dialog")
    select(page, "upload.bin")
    page.press("Download")
    target = os.path.join(downloads, "upload.bin")
    until(lambda: os.path.exists(target), "the download")
    check(sha256(target) == sha256(f"{rig.files}/upload.bin"), "the downloaded file is another one")
    os.unlink(target)
    select(page, "names")
    page.press("Zip")
    target = until(lambda: glob.glob(os.path.join(downloads, "names.zip")), "the archive")[0]
    with zipfile.ZipFile(target) as archive:
        check(archive.testzip() is None, "the archive is broken")
        check(archive.read(f"names/{EVIL}") == b"inside " + EVIL.encode(), "a file of the archive is another one")
        check(archive.read("names/dot.png") == png(), "the picture of the archive is another one")
    part = page.await_script(
        "const answer = await fetch('/api/files/upload.bin', { headers: { Range: 'bytes=1000-1999' } });"
        " return [answer.status, answer.headers.get('Content-Range'), [...new Uint8Array(await answer.arrayBuffer())]];")
    with open(f"{rig.files}/upload.bin", "rb") as file:
        file.seek(1000)
        check(part[0] == 206 and bytes(part[2]) == file.read(1000), f"a range: {part[:2]}")


def panel(rig, page):
    page.script("document.querySelector('details.panel').open = true")
    page.wait_text("USER alice", "details.panel ol")
    page.wait_text("PASS ****", "details.panel ol")
    check(rig.password not in page.text("details.panel ol"), "the password is on the page")
    page.script("const s = document.querySelector('#type'); s.value = 'A'; s.dispatchEvent(new Event('change'))")
    with open(f"{rig.files}/lines.txt", "wb") as file:
        file.write(b"one\ntwo\n")

    def text():
        return page.await_script("const answer = await fetch('/api/files/lines.txt'); return await answer.text()")
    until(lambda: text() == "one\ntwo\n" and "ASCII mode" in page.text("details.panel ol"), "a download in TYPE A")
    page.script("const s = document.querySelector('#type'); s.value = 'I'; s.dispatchEvent(new Event('change'))")

    def binary():
        text()
        return "BINARY mode" in page.text("details.panel ol li:last-child") or "BINARY" in page.text("details.panel ol")
    until(binary, "a download in TYPE I")
    # weftpd cannot connect to the console, which says so and stays in passive mode.
    page.script("const s = document.querySelector('#data'); s.value = 'active'; s.dispatchEvent(new Event('change'))")
    until(lambda: "Only the passive mode is possible here" in page.text(), "the active mode is refused")
    check(page.script("return document.querySelector('#data').value") == "passive", "the page believes in the active mode")
    page.look("panel")


def ten_thousand(rig, page):
    place = os.path.join(rig.files, "many")
    os.mkdir(place)
    for number in range(10000):
        with open(f"{place}/file {number:05}", "w") as file:
            file.write("x" * (number % 7))
    begin = time.monotonic()
    page.go("#files/many")
    page.wait_text("10000 entries", ".count")
    shown = time.monotonic() - begin
    check(len(page.all("table.files tbody tr")) < 120, "all rows are in the page")
    cost = page.await_script("""
      const view = document.querySelector('.files-view'); const times = [];
      for (let step = 0; step < 60; step += 1) {
        view.scrollTop = (step * view.scrollHeight) / 60;
        const begin = performance.now();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        times.push(performance.now() - begin);
      }
      times.sort((one, other) => one - other); return times[Math.floor(times.length * 0.95)];""")
    page.script("document.querySelector('.files-view').scrollTop = 1e9")
    page.wait_text("file 09999", "table.files")
    sort = page.script("""
      const begin = performance.now(); document.querySelectorAll('.sort')[1].click();
      document.querySelectorAll('.sort')[1].click(); return performance.now() - begin;""")
    page.script("document.querySelector('.files-view').scrollTop = 0")
    page.wait_text("6 B", "table.files tbody tr:nth-child(2)")
    page.type("#filter", "file 0999")
    page.wait_text("10 entries", ".count")
    page.look("many")
    check(shown < 30 and cost < 1000 and sort < 5000, f"slow: {shown:.2f} s, {cost:.0f} ms, {sort:.0f} ms")
    return (f"10,000 rows were there after {shown:.2f} s, 95 of 100 steps of scrolling took less than {cost:.0f} ms, "
            f"sorting twice {sort:.0f} ms")


def run(rig, page, downloads):
    log_in(rig, page)
    names(rig, page)
    changes(rig, page)
    notes = [uploads(rig, page)]
    dropped(rig, page)
    digest_download_zip(rig, page, downloads)
    panel(rig, page)
    notes.append(ten_thousand(rig, page))
    page.go("#files/")
    page.press("Log out", "header")
    page.wait_text("Log in", "h1")
    return notes
