"""A headless Chromium, and what is looked at in it besides the pages: its console, contrasts, labels, pictures."""

import os
import struct
import zlib

from harness import check, until
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

# What is red on its background by less than 4.5 (WCAG 2.1, 1.4.3), inputs without a label and buttons without a name.
LOOK = r"""
const parse = (text) => {
  const parts = text.match(/[\d.]+/g).map(Number);
  return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
};
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const background = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.a > 0.99) return color;
  }
  return { r: 255, g: 255, b: 255, a: 1 };
};
const wrong = [];
let looked = 0;
for (const element of document.querySelectorAll("body *")) {
  if (!element.checkVisibility() || element.closest("svg, .hidden, .skip, noscript, script")) continue;
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (own && !element.closest(":disabled")) {
    looked += 1;
    const [front, back] = [light(parse(getComputedStyle(element).color)), light(background(element))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(2)}: ${element.tagName} ${element.textContent.slice(0, 40)}`);
  }
  if (element.matches("input, select, textarea") && !element.labels?.length && !element.getAttribute("aria-label")) {
    wrong.push(`no label: ${element.outerHTML.slice(0, 80)}`);
  }
  if (element.matches("button, a[href]") && !(element.textContent.trim() || element.getAttribute("aria-label"))) {
    wrong.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  if (element.matches("table") && !element.querySelector("th")) wrong.push("a table without headings");
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
if (new Set(ids).size !== ids.length) wrong.push(`ids that are there twice: ${ids.filter((id, at) => ids.indexOf(id) !== at)}`);
if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
return { wrong, looked };
"""


def black(png):
    """How many of the pixels of a picture are black; Chromium writes 8 bits for each colour, and no interlaced pictures."""
    place, width, height, channels, data = 8, 0, 0, 3, b""
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place:place + 8])
        body = png[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height, _, colour = struct.unpack(">IIBB", body[:10])
            channels = 4 if colour == 6 else 3
        elif kind == b"IDAT":
            data += body
        place += length + 12
    rows, count = zlib.decompress(data), 0
    before = bytearray(width * channels)
    for row in range(height):
        begin = row * (width * channels + 1)
        kind, line = rows[begin], bytearray(rows[begin + 1:begin + 1 + width * channels])
        for at in range(len(line)):
            left = line[at - channels] if at >= channels else 0
            above, corner = before[at], before[at - channels] if at >= channels else 0
            if kind == 1:
                line[at] = (line[at] + left) & 255
            elif kind == 2:
                line[at] = (line[at] + above) & 255
            elif kind == 3:
                line[at] = (line[at] + (left + above) // 2) & 255
            elif kind == 4:
                near = min((abs(above - corner), 0, left), (abs(left - corner), 1, above),
                           (abs(left + above - 2 * corner), 2, corner))[2]
                line[at] = (line[at] + near) & 255
        count += sum(1 for at in range(0, len(line), channels) if max(line[at:at + 3]) < 20)
        before = line
    return count / max(1, width * height)


class Page:
    """One Chromium with one page."""

    def __init__(self, shots, downloads):
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,900",
                         "--disable-background-networking", "--no-first-run"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.add_experimental_option("prefs", {"download.default_directory": downloads,
                                                  "download.prompt_for_download": False,
                                                  "profile.default_content_setting_values.automatic_downloads": 1})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(60)
        self.shots = shots
        self.expected = []

    def open(self, url):
        self.driver.get(url)

    def find(self, selector):
        return until(lambda: self.all(selector), f"{selector} is on the page")[0]

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def button(self, name, within="body"):
        """The button of that name, once it can be used."""
        def look():
            return self.script(
                "return [...document.querySelectorAll(arguments[0] + ' button')].find((one) =>"
                " (one.textContent.trim() === arguments[1] || one.getAttribute('aria-label') === arguments[1])"
                " && one.checkVisibility() && !one.disabled)", within, name)
        return until(look, f"a button {name}")

    def press(self, name, within="body"):
        def click():
            try:
                self.button(name, within).click()
            except StaleElementReferenceException:
                # The page has drawn it anew in between.
                return False
            return True
        until(click, f"a click on {name}")

    def script(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def await_script(self, code, *arguments):
        """What an asynchronous function of that body gives."""
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1]; (async (...args) => {" + code + "})(...arguments)"
            ".then(done, (error) => done({ error: String(error) }));", *arguments)

    def text(self, selector="body"):
        return self.script("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait_text(self, words, selector="body", limit=60):
        until(lambda: words in self.text(selector), f"{words!r} in {selector}: {self.text(selector)[:300]!r}", limit)

    def type(self, selector, text):
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def go(self, place):
        self.script("location.hash = arguments[0]", place)

    def complaints(self):
        """What Chromium's console has that is not expected: errors, warnings, reports of the policy."""
        lines = [f"{entry['level']} {entry['message']}" for entry in self.driver.get_log("browser")]
        return [line for line in lines if not any(words in line for words in self.expected)]

    def black(self, selector):
        """How much of an element is black, from 0 to 1."""
        return black(self.find(selector).screenshot_as_png)

    def look(self, name):
        """Checks what is on the page in light, dark and at 360 pixels, and keeps pictures of it."""
        for kind, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 360, "light")):
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]})
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
            self.script("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found = self.script(LOOK)
            check(not found["wrong"], f"{name} {kind}: {found['wrong']}")
            check(found["looked"] > 3, f"{name} {kind}: there is nothing to look at")
            wide = self.script("return document.documentElement.scrollWidth")
            check(wide <= width, f"{name} {kind} is {wide} pixels wide")
            if self.shots:
                self.driver.save_screenshot(os.path.join(self.shots, f"{name}-{kind}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def close(self):
        self.driver.quit()


__all__ = ["By", "Keys", "Page"]
