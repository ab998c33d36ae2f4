"""The status page in a browser: pages.py STATE ADDRESS FEED < {"chromium", "axe", "pictures"}

STATE is `empty` (no feed is configured) or `busy`: the feeds of tests/it/browser.rs. Each page is
looked at as people have it: light and dark, in a narrow window, without scripts, by keyboard; each
time nothing may be refused or fail, nothing may stick out, and axe-core may find nothing.
"""

import json
import os
import sys
from urllib.parse import quote

from chromium import Chromium

NARROW = 360
MENU = ["Feeds", "Articles", "Preview", "Rules", "Dead letters", "Shards"]


class Visit:
    """Pages of one daemon, looked at."""

    def __init__(self, browser, address, axe, pictures):
        self.browser, self.address, self.axe, self.pictures = browser, address, axe, pictures

    def open(self, path):
        self.browser.open(self.address + path)

    def check(self, name, refused=()):
        """Looks at the page that is open in every way; `refused` are errors that belong to it."""
        for dark in (False, True):
            for width in (1200, NARROW):
                self.browser.look(dark=dark, width=width, reduced=True)
                self.well_formed(name, width, dark)
                picture = f"{name}-{'dark' if dark else 'light'}{'-narrow' if width == NARROW else ''}.png"
                self.browser.picture(os.path.join(self.pictures, picture))
        self.browser.look()
        complaints = [said for said in self.browser.complaints() if not any(part in said for part in refused)]
        assert not complaints, f"{name}: {complaints}"

    def well_formed(self, name, width, dark):
        evaluate = self.browser.evaluate
        wide = evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} px stick out of {width}"
        scripts = evaluate("[...document.scripts].map(script => script.getAttribute('src') + script.textContent)")
        assert set(scripts) <= {"/assets/live.js"}, f"{name}: {scripts}"
        others = evaluate("document.querySelectorAll('iframe, object, embed, [style], [onclick], [onerror]').length")
        assert others == 0, f"{name}: {others} elements that no page has"
        assert evaluate("document.title.endsWith(' · copydesk')"), name
        evaluate(self.axe + "; 0")
        found = evaluate(
            "axe.run(document, {resultTypes: ['violations', 'incomplete']}).then(found => found.violations"
            ".map(rule => rule.id + ': ' + rule.help + ': ' + rule.nodes.map(node => node.html.slice(0, 120))))"
        )
        assert not found, f"{name}, {width} px, {'dark' if dark else 'light'}: {found}"

    def tabs(self, count):
        """What the Tab key goes through, from the start of the page."""
        self.browser.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        focused = []
        for _ in range(count):
            self.browser.press("Tab")
            focused.append(self.browser.evaluate(
                "(document.activeElement.getAttribute('aria-labelledby') || document.activeElement.textContent"
                " || document.activeElement.name).trim()"
            ))
            outline = self.browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid", f"focus is not seen on {focused[-1]}"
        return focused

    def has(self, *texts):
        shown = self.browser.evaluate("document.body.innerText")
        for text in texts:
            assert text in shown, f"no {text!r} in\n{shown}"

    def count(self, selector):
        return self.browser.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")


def empty(visit):
    visit.open("/")
    visit.has("No feed is configured.", "Ready")
    visit.check("feeds-empty")
    nothing = {
        "/articles": "No article has come out yet.",
        "/rules": "No rule has cut anything yet.",
        "/dead-letters": "There are none.",
    }
    for path, text in nothing.items():
        visit.open(path)
        visit.has(text)
        visit.check(path[1:] + "-empty")


def busy(visit, feed):
    feeds(visit)
    one(visit)
    preview(visit, feed)
    articles(visit)
    for path, texts in {
        "/rules": ["1 rule", "newsletter"],
        "/shards": ["4 of 4 shards are held here"],
        "/dead-letters": ["The last 2", "<b>Gone</b>", "Waits", "Try again what waits"],
    }.items():
        visit.open(path)
        visit.has(*texts)
        visit.check(path[1:])
    visit.open("/nothing")
    visit.has("Not Found")
    visit.check("not-found", refused=["404"])
    by_keyboard(visit)
    live(visit)
    without_scripts(visit, feed)


def feeds(visit):
    visit.open("/feeds")
    visit.has("1 to 50 of 64 feeds", "Failing", "Walled", "<script>alert('name')</script>")
    assert visit.count("[aria-current=page]") == 2 and visit.count("th[scope=row]") == 50
    assert visit.browser.evaluate("document.querySelector('header + main, main').id") == "content"
    visit.check("feeds")
    visit.open("/feeds?page=2")
    visit.has("51 to 64 of 64 feeds", "Page 2 of 2")
    visit.open("/feeds?status=failing")
    visit.has("1 to 1 of 1 feed", "404")
    visit.check("feeds-failing")
    visit.open("/feeds?search=nobody")
    visit.has("No feed is found.")
    visit.check("feeds-none")


def one(visit):
    visit.open("/feed?name=" + quote("<script>alert('name')</script> & \"co\""))
    visit.has("Next poll", "Healthy", "Poll now", "Pause")
    visit.check("feed")
    visit.open("/feed?name=lost")
    visit.has("Failing", "404", "1 failed in a row")
    visit.check("feed-failing")
    # Asked again at once: refused with a reason.
    visit.browser.evaluate("document.querySelector('.orders button').focus()")
    visit.browser.press_and_go("Enter")
    visit.has("it was polled a moment ago", "Not before")
    assert visit.count("[role=alert]") == 1
    visit.check("feed-refused", refused=["409"])


def preview(visit, feed):
    visit.open("/preview")
    visit.check("preview-empty")
    visit.browser.evaluate("document.getElementById('address').focus()")
    visit.browser.type(feed)
    visit.browser.press("Tab")
    visit.browser.press(" ")
    visit.browser.press("Tab")
    visit.browser.press_and_go("Enter")
    visit.has("</h2><script>alert('title')</script>", "removed: ", "is what tags go by")
    removed = visit.browser.evaluate("[...document.querySelectorAll('del')].map(del => del.textContent)")
    assert any("newsletter" in text for text in removed), removed
    assert visit.count(".removed[title]") >= 1 and visit.count("mark[title]") >= 1
    marked = visit.browser.evaluate("[...document.querySelectorAll('mark[title]')].map(mark => mark.textContent)")
    assert any("Ukraine" in text for text in marked), marked
    visit.check("preview")
    visit.browser.evaluate("document.getElementById('address').focus(); document.getElementById('address').select()")
    visit.browser.type("http://127.0.0.1:1/")
    visit.browser.press_and_go("Enter")
    assert visit.count("[role=alert]") == 1 and visit.count("input[value='http://127.0.0.1:1/']") == 1
    visit.check("preview-error", refused=["422"])


def articles(visit):
    visit.open("/articles")
    visit.has("The last ", "Ferry late again")
    visit.check("articles")
    visit.browser.evaluate("[...document.querySelectorAll('tbody a')].find(a => a.text.includes('Ferry')).focus()")
    visit.browser.press_and_go("Enter")
    visit.has("An article as it came out", "removed: ", "<script>alert('title')</script>")
    assert visit.count("del") >= 2 and visit.count("mark[title]") >= 1
    visit.check("article")


def by_keyboard(visit):
    visit.open("/feeds")
    focused = visit.tabs(14)
    assert focused[:8] == ["Skip to the content", "copydesk", *MENU], focused
    assert focused[8].startswith("All") and "search" in focused and "Search" in focused, focused
    visit.browser.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    visit.open("/feeds")
    visit.browser.press("Tab")
    visit.browser.press("Enter")
    assert visit.browser.evaluate("document.activeElement.id") == "content", "the menu is skipped"
    # Movement only for those who do not mind it.
    moves = "getComputedStyle(document.querySelector('header nav a')).transitionDuration"
    assert visit.browser.evaluate(moves) != "0s"
    visit.browser.look(reduced=True)
    assert visit.browser.evaluate(moves) == "0s"
    visit.browser.look()


def live(visit):
    """What changes comes by itself, and a script is what brings it."""
    visit.open("/feed?name=desk-01")
    button = "document.querySelector('#live button')"
    visit.browser.until(f"{button}.getAttribute('aria-pressed') === 'true' && !{button}.parentNode.hidden", "a button")
    visit.browser.evaluate("document.querySelector('#feed .badge').textContent = 'old'; window.kept = true")
    visit.browser.until("document.querySelector('#feed .badge').textContent === 'Healthy'", "the page of now")
    assert visit.browser.evaluate("window.kept"), "the page itself stays"
    visit.browser.evaluate(f"{button}.click()")
    assert visit.browser.evaluate(f"{button}.getAttribute('aria-pressed')") == "false"
    assert not visit.browser.complaints()


def without_scripts(visit, feed):
    visit.browser.look(scripts=False)
    visit.open("/feeds?search=desk-02")
    visit.has("1 to 1 of 1 feed")
    assert visit.browser.evaluate("document.getElementById('live').hidden"), "nothing is promised"
    visit.browser.evaluate("document.querySelector('tbody a').focus()")
    visit.browser.press_and_go("Enter")
    visit.has("desk-02", "Pause")
    visit.browser.evaluate("document.querySelectorAll('.orders button')[1].focus()")
    visit.browser.press_and_go("Enter")
    visit.has("It is paused", "Resume")
    visit.browser.evaluate("document.querySelector('.orders button').focus()")
    visit.browser.press_and_go("Enter")
    visit.has("It is polled again.", "Healthy")
    visit.open("/preview?address=" + quote(feed))
    visit.browser.evaluate("document.getElementById('feed').click(); document.querySelector('main button').focus()")
    visit.browser.press_and_go("Enter")
    visit.has("removed: ")
    assert not visit.browser.complaints()
    visit.browser.look()


def main():
    state, address, feed = sys.argv[1:]
    tools = json.load(sys.stdin)
    with open(tools["axe"]) as file:
        axe = file.read()
    os.makedirs(tools["pictures"], exist_ok=True)
    with Chromium(tools["chromium"]) as browser:
        visit = Visit(browser, address, axe, tools["pictures"])
        browser.look()
        empty(visit) if state == "empty" else busy(visit, feed)
    print(f"{state}: every page looked at, pictures in {tools['pictures']}")


if __name__ == "__main__":
    main()
