"""A page's blocks as a cleaner sees them before anything is left out: text, element, links, classes."""
import re

import lxml.etree
import lxml.html

BLOCK = set(
    "address article aside blockquote body button center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section summary table tbody td "
    "tfoot th thead tr ul video audio".split()
)
SKIP = set("script style noscript svg template iframe select textarea head object embed canvas map datalist math".split())
CHAIN = 4
PROSE = ("p", "pre", "blockquote", "li", "h2", "h3")


def entry(element):
    """`tag.class.class#id`, as the program writes it."""
    classes = (element.get("class") or "").split()
    name = element.tag + "".join("." + c for c in classes)
    return name + ("#" + element.get("id").split()[0] if (element.get("id") or "").split() else "")


def is_hidden(element):
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or element.get("hidden") is not None


def chain(element):
    out = []
    while element is not None and isinstance(element.tag, str) and len(out) < CHAIN:
        out.append(entry(element))
        element = element.getparent()
    return out


class Run:
    """Text that stands in one block element without another one between."""

    def __init__(self, element):
        self.element, self.parts, self.linked, self.bold, self.hrefs = element, [], 0, 0, []

    def add(self, text, link, bold):
        if not text:
            return
        self.parts.append(text)
        visible = len("".join(text.split()))
        self.linked += visible * link
        self.bold += visible * bold


def blocks(page):
    """All blocks of a page in order; each is a dict as in the input of `copydesk clean`, and its element."""
    try:
        page = page.decode("utf-8").encode("utf-8")
        parser = lxml.html.HTMLParser(encoding="utf-8")
    except UnicodeDecodeError:
        parser = lxml.html.HTMLParser()
    try:
        root = lxml.html.document_fromstring(page, parser=parser)
    except (lxml.etree.ParserError, ValueError):
        return []
    body = root.find("body")
    out, run = [], Run(body if body is not None else root)

    def close(element):
        nonlocal run
        text = re.sub(r"\s+", " ", "".join(run.parts)).strip()
        if text:
            visible = max(1, len("".join(text.split())))
            tag = run.element.tag
            out.append(
                (
                    {
                        "text": text,
                        "tag": tag if tag not in ("div", "section", "body", "article") else "p",
                        "link_share": round(min(1.0, run.linked / visible), 3),
                        "bold_share": round(min(1.0, run.bold / visible), 3),
                        "hrefs": run.hrefs[:30],
                        "classes": chain(run.element),
                    },
                    run.element,
                )
            )
        run = Run(element)

    def walk(element, link, bold):
        if not isinstance(element.tag, str) or element.tag in SKIP or is_hidden(element):
            return
        block = element.tag in BLOCK
        if block:
            close(element)
        if element.tag == "br" and len("".join(run.parts)) > 0:
            run.add("\n", False, False)
        if element.tag == "a" and element.get("href"):
            link = True
            run.hrefs.append(element.get("href"))
        bold = bold or element.tag in ("b", "strong")
        run.add(element.text, link, bold)
        for child in element:
            walk(child, link, bold)
            run.add(child.tail, link, bold)
        if block:
            close(element.getparent())

    walk(run.element, False, False)
    close(None)
    return out


def container(found, texts):
    """The blocks within the smallest element that holds most of the known text."""
    known = {re.sub(r"\W+", "", t.lower()) for t in texts}
    weight, total = {}, 0
    for block, element in found:
        key = re.sub(r"\W+", "", block["text"].lower())
        if len(key) < 40 or key not in known:
            continue
        total += len(key)
        while element is not None:
            weight[element] = weight.get(element, 0) + len(key)
            element = element.getparent()
    holders = [e for e, w in weight.items() if w >= 0.8 * total]
    if not holders:
        return []
    depth = lambda e: sum(1 for _ in e.iterancestors())
    best = max(holders, key=depth)
    inside = [i for i, (_, e) in enumerate(found) if e is best or best in e.iterancestors()]
    return [found[i][0] for i in range(inside[0], inside[-1] + 1)] if inside else []


def guess(found):
    """The blocks within the element that holds most of the paragraphs, where no text is known."""
    score = {}
    for block, element in found:
        if len(block["text"]) >= 60 and block["link_share"] < 0.4 and block["tag"] in PROSE:
            weight = float(len(block["text"]))
            for _ in range(5):
                if element is None:
                    break
                score[element] = score.get(element, 0.0) + weight
                element, weight = element.getparent(), weight * 0.8
    if not score:
        return []
    best = max(score, key=score.get)
    outer = best
    for _ in range(4):
        outer = outer.getparent()
        if outer is None:
            break
        if outer.tag in ("article", "main"):
            best = outer
            break
    inside = [i for i, (_, e) in enumerate(found) if e is best or best in e.iterancestors()]
    return [found[i][0] for i in range(inside[0], inside[-1] + 1)] if inside else []
