#!/usr/bin/env python3
"""Trains the table `src/extract/model/model.tsv` that tells article text from everything else.

    make train DATA=FOLDER            the folders below are in FOLDER; `train/sources.json` says where to get them
    train/extract.py --cmd target/release/copydesk --data FOLDER [--write src/extract/model/model.tsv]

Material, all public, named in `train/sources.json` with repository, commit, licence and checksum:
  texts/     pages/ID.html and ground-truth.json {ID: {"articleBody", "url"}}
  strings/   manifest.json [{"id", "url", "file", "with": [], "without": []}] and the files: pages with strings
             that are in the article and strings that are not
  wcxb/      truth.json {ID: {"url", "type", "main_content"}} and html/ID.html: pages of seven types

What the program knows is asked of the program: `copydesk extract --explain` gives the blocks of a page and their
features, `--scores FILE` the features that depend on first scores, and what the rules make of final ones. A block
is content if its words are in the article, or if it has a `with` string and no `without` string.

The figures are those of cross-validation by site (registrable domain): no page is judged by a model that has seen
its site. The second model learns from first scores of pages that the first had not seen. Everything is
deterministic: the same data and program give the same file.
"""
import argparse
import collections
import concurrent.futures
import datetime
import hashlib
import itertools
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import lightgbm
    import numpy
except ImportError:
    sys.exit("train: pip install -r train/requirements-extract.txt")

HERE = pathlib.Path(__file__).resolve().parent
WORD = re.compile(r"\w+")
SPACE = re.compile(r"\s+")
FOLDS = 4
PROGRESS_SECONDS = 10
SECOND_LEVEL = {"co", "com", "org", "net", "gov", "ac", "gob", "edu"}
# How much a page of each kind counts: news first, which feeds mostly lead to.
WEIGHT = {"texts": 1.0, "strings": 1.0, "article": 0.5, "forum": 0.9, "documentation": 0.9, "service": 0.3,
          "collection": 0.4, "product": 0.3, "listing": 0.6}


def site(page):
    """Registrable domain of a page, near enough."""
    name = re.sub(r"^\w+::", "", page["id"])
    match = re.match(r"https?://([^/]+)", page.get("url") or "")
    host = match.group(1) if match and "example.com" not in match.group(1) else re.split(r"[-/]", name.split("://")[-1])[0]
    parts = host.lower().split(":")[0].split(".")
    if parts and parts[-1] in ("html", "htm"):
        parts = parts[:-1]
    keep = 3 if len(parts) > 2 and parts[-2] in SECOND_LEVEL else 2
    return ".".join(parts[-keep:])


def fold(page):
    return int(hashlib.sha256(site(page).encode()).hexdigest(), 16) % FOLDS


# ---------------------------------------------------------------- the data

def digest(folder):
    """Checksum of a folder: of the names and contents of its files."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def load(args):
    """-> pages, and a line for each source that says what it was."""
    sources = json.loads((HERE / "sources.json").read_text(encoding="utf-8"))
    pages, notes, missing = [], [], []
    for name, source in sources.items():
        folder = args.data / name
        if not folder.is_dir():
            missing.append("%s: not there. %s at %s (%s); %s" % (
                folder, source["repository"], source["commit"], source["licence"], source["how"]))
            continue
        found = digest(folder)
        if found != source["sha256"]:
            message = "%s: other files than those of sources.json (sha256 %s)" % (folder, found)
            if not args.any_data:
                missing.append(message + "; --any-data takes them all the same")
                continue
            print(message, file=sys.stderr)
        own = READERS[name](folder)
        pages += own
        notes.append("data: %s: %s at %s, %s, %d pages, sha256 %s" % (
            name, source["repository"], source["commit"], source["licence"], len(own), found[:16]))
    if missing:
        sys.exit("train: the data are not all there\n  " + "\n  ".join(missing))
    return pages, notes


def read_texts(folder):
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    return [{"kind": "texts", "id": key, "url": value.get("url"), "truth": value.get("articleBody") or "",
             "path": folder / "pages" / (key + ".html"), "utf8": True} for key, value in sorted(truth.items())]


def read_strings(folder):
    pages = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return [{"kind": "strings", "id": page["id"], "url": page["url"], "with": page["with"], "utf8": True,
             "without": page["without"], "path": folder / page["file"]} for page in pages]


def read_wcxb(folder):
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return [{"kind": value["type"], "id": key, "url": value.get("url") or "", "truth": value["main_content"],
             "path": folder / "html" / (key + ".html"), "utf8": False} for key, value in sorted(truth.items())]


READERS = {"texts": read_texts, "strings": read_strings, "wcxb": read_wcxb}


# ---------------------------------------------------------------- asking the program

def explain(args, page, scores=None):
    argv = [args.cmd, "extract", "--explain"]
    # Data with made-up addresses are read as they are scored: without.
    if page["kind"] not in ("texts", "strings") and page["url"]:
        argv += ["--url", page["url"]]
    if page["utf8"]:
        argv += ["--content-type", "text/html; charset=utf-8"]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        if scores is not None:
            json.dump({name: [float(x) for x in values] for name, values in scores.items()}, file)
            file.flush()
            argv += ["--scores", file.name]
        done = subprocess.run(argv + [str(page["path"])], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def rows(answer, width):
    blocks = answer["blocks"]
    return numpy.array([b["features"][:width] for b in blocks], dtype=numpy.float32).reshape(len(blocks), width)


class Progress:
    """A line every so often that says how much is done and how long the rest will take."""

    def __init__(self, what, total):
        self.what, self.total, self.done, self.start, self.said = what, total, 0, time.monotonic(), 0.0

    def step(self):
        self.done += 1
        spent = time.monotonic() - self.start
        if spent - self.said >= PROGRESS_SECONDS or self.done == self.total:
            self.said = spent
            left = spent / self.done * (self.total - self.done)
            print("%s: %d of %d, %.0f s spent, about %.0f s left" % (self.what, self.done, self.total, spent, left),
                  file=sys.stderr, flush=True)


def ask_all(args, pages, take, what, scores=lambda page: None):
    """Asks about all pages and hands each answer to `take` at once: they are large, so few wait at a time."""
    progress, waiting, rest = Progress(what, len(pages)), collections.deque(), iter(pages)
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        while True:
            for page in itertools.islice(rest, args.jobs + 1 - len(waiting)):
                waiting.append((page, pool.submit(explain, args, page, scores(page))))
            if not waiting:
                return
            page, answer = waiting.popleft()
            take(page, answer.result())
            progress.step()


# ---------------------------------------------------------------- labels

def plain(text):
    return SPACE.sub(" ", text or "").strip()


def label_text(page, blocks):
    """1 where the block's words stand in the article, weighted by how much the page loses or gains."""
    truth = WORD.findall(page["truth"].lower())
    lines = {" ".join(WORD.findall(line.lower())) for line in page["truth"].split("\n")}
    grams = set(tuple(truth[i:i + 4]) for i in range(len(truth)))
    labels, weights, seen = [], [], set()
    for block in blocks:
        words = WORD.findall(block["text"].lower())
        text = " ".join(words)
        if not words or block["hidden"]:
            labels.append(-1)
        elif len(words) >= 8 and text in seen:
            # The second copy of a text (teaser, slide, widget) is one too many.
            labels.append(0)
        elif len(words) < 4:
            labels.append(int(text in lines))
        else:
            own = [tuple(words[i:i + 4]) for i in range(len(words) - 3)]
            labels.append(int(sum(gram in grams for gram in own) * 2 > len(own)))
        seen.add(text)
        weights.append(0.8 + min(len(words), 120) / 20)
    # Pages count alike in the figures, and nearly so here: a long one loses less by a block.
    whole = sum(weight for label, weight in zip(labels, weights) if label == 1)
    share = (150 / max(whole, 30)) ** 0.7
    return labels, [weight * share for weight in weights]


def label_strings(page, blocks):
    """1 with a `with` string, 0 with a `without` string, unknown else."""
    labels, weights = [], []
    wanted = [plain(s) for s in page["with"]]
    unwanted = [plain(s) for s in page["without"]]
    for block in blocks:
        text = plain(block["text"])
        yes = sum(bool(s) and (s in text or len(text) > 40 and text in s) for s in wanted)
        no = sum(bool(s) and (s in text or len(text) > 20 and text in s) for s in unwanted)
        labels.append(-1 if block["hidden"] or yes == no else int(yes > no))
        weights.append(3.0 * max(1, abs(yes - no)))
    return labels, weights


def label(page, blocks):
    labels, weights = (label_strings if "with" in page else label_text)(page, blocks)
    page["labels"] = numpy.array(labels, dtype=int)
    page["weights"] = numpy.array(weights, dtype=float) * WEIGHT[page["kind"]]
    page["hidden"] = numpy.array([b["hidden"] for b in blocks], dtype=bool)


# ---------------------------------------------------------------- models

class Forest:
    """The mean of forests that differ in their seeds."""

    def __init__(self, models):
        self.models = models

    def predict(self, page, key):
        if not len(page[key]):
            return numpy.zeros(0)
        raw = sum(m.predict(page[key], raw_score=True, num_threads=1) for m in self.models) / len(self.models)
        return numpy.where(page["hidden"], 0.0, 1 / (1 + numpy.exp(-raw)))


def fit(pages, key, args, seeds, progress):
    some = [p for p in pages if len(p[key])]
    known = [p["labels"] >= 0 for p in some]
    values = numpy.concatenate([p[key][k] for p, k in zip(some, known)])
    labels = numpy.concatenate([p["labels"][k] for p, k in zip(some, known)])
    weights = numpy.concatenate([p["weights"][k] for p, k in zip(some, known)])
    data = lightgbm.Dataset(values, labels, weight=weights, params={"max_bin": 63, "verbose": -1}, free_raw_data=False)
    models = []
    for seed in range(7, 7 + seeds):
        params = {"objective": "binary", "learning_rate": args.rate, "num_leaves": args.leaves,
                  "min_data_in_leaf": 40, "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1,
                  "lambda_l2": 5.0, "verbose": -1, "seed": seed, "num_threads": 1, "deterministic": True,
                  "force_row_wise": True, "max_bin": 63}
        models.append(lightgbm.train(params, data, num_boost_round=args.trees))
        progress.step()
    return Forest(models)


def folds(pages, key, args, into, seeds=1):
    """Puts the score of every block by a model that has not seen the site into `page[into]`."""
    progress = Progress("forests for the %s scores" % into, FOLDS * seeds)
    for number in range(FOLDS):
        model = fit([p for p in pages if p["fold"] != number], key, args, seeds, progress)
        for page in pages:
            if page["fold"] == number:
                page[into] = model.predict(page, key)


# ---------------------------------------------------------------- figures

def shingles(words, size=4):
    if not words:
        return collections.Counter()
    return collections.Counter(tuple(words[i:i + size]) for i in range(max(1, len(words) - size + 1)))


def judge(pages):
    """-> figures as the evaluation takes them, by kind of page."""
    shares, words, strings = [], collections.defaultdict(list), collections.Counter()
    for page in pages:
        text = page["text"]
        if page["kind"] == "texts":
            wanted, got = shingles(WORD.findall(page["truth"])), shingles(WORD.findall(text))
            hits = sum((wanted & got).values())
            shares.append((hits / max(1, sum(got.values())), hits / max(1, sum(wanted.values()))))
        elif page["kind"] == "strings":
            text = plain(text)
            found = sum(plain(s) in text for s in page["with"])
            strings.update(hit=found, missed=len(page["with"]) - found,
                           surplus=sum(plain(s) in text for s in page["without"]))
        else:
            wanted, got = (collections.Counter(WORD.findall(t.lower())) for t in (page["truth"], text))
            hits = sum((wanted & got).values())
            f1 = 2 * hits / max(1, sum(wanted.values()) + sum(got.values()))
            words[page["kind"]].append(f1)
            words["wcxb"].append(f1)
    out = {}
    if shares:
        precision, recall = (statistics.mean(s) for s in zip(*shares))
        out["texts"] = 2 * precision * recall / (precision + recall)
    if strings:
        out["strings"] = 2 * strings["hit"] / (2 * strings["hit"] + strings["surplus"] + strings["missed"])
    out.update((kind, statistics.mean(values)) for kind, values in sorted(words.items()))
    return out


# ---------------------------------------------------------------- the table

def export(models, names, header, path):
    """Writes the trees as a table: see `src/extract/model/mod.rs`."""
    lines = ["# " + line for line in header] + ["features\t" + " ".join(names)]
    for name, forest in models:
        lines.append("model\t%s\t%d" % (name, len(forest.models)))
        for one in forest.models:
            lines += table(one, len(forest.models))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(model, count):
    lines = []
    for tree in model.dump_model()["tree_info"]:
        nodes = []

        def walk(node):
            index = len(nodes)
            nodes.append(None)
            if "leaf_value" in node:
                nodes[index] = "leaf\t%.5g" % (node["leaf_value"] / count)
            else:
                left, right = walk(node["left_child"]), walk(node["right_child"])
                nodes[index] = "split\t%d\t%d\t%d\t%.6g" % (node["split_feature"], left, right, node["threshold"])
            return index
        walk(tree["tree_structure"])
        lines += ["tree"] + nodes
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cmd", default="target/release/copydesk")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--any-data", action="store_true", help="take data whose checksum is another one")
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--leaves", type=int, default=12)
    parser.add_argument("--rate", type=float, default=0.07)
    parser.add_argument("--seeds", type=int, default=3, help="forests to take the mean of")
    parser.add_argument("--jobs", type=int, default=2, help="pages that are asked about at once")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="for the header")
    parser.add_argument("--digests", action="store_true", help="print the checksums of the data and stop")
    parser.add_argument("--write", type=pathlib.Path, help="train on everything and write the table")
    args = parser.parse_args()
    if args.digests:
        for folder in sorted(p for p in args.data.iterdir() if p.is_dir()):
            print(folder.name, digest(folder))
        return
    pages, notes = load(args)
    names = {}

    def features(page, answer):
        names.setdefault("all", answer["names"])
        names.setdefault("first", answer["first"])
        page["one"] = rows(answer, answer["first"])
        page["fold"] = fold(page)
        label(page, answer["blocks"])
    ask_all(args, pages, features, "features of pages")
    print("%d pages, %d blocks" % (len(pages), sum(len(p["one"]) for p in pages)), file=sys.stderr, flush=True)
    folds(pages, "one", args, "first")

    def second(page, answer):
        page["two"] = rows(answer, len(answer["names"]))
    ask_all(args, pages, second, "features beside first scores", lambda page: {"first": page["first"]})
    if args.write:
        progress = Progress("forests for the table", 2 * args.seeds)
        models = [("first", fit(pages, "one", args, args.seeds, progress))]
        for page in pages:
            del page["one"]
        models.append(("second", fit(pages, "two", args, args.seeds, progress)))
        # Once now, and once more with figures in the header.
        export(models, names["all"], notes, args.write)
    folds(pages, "two", args, "second")

    def text(page, answer):
        page["text"] = "\n\n".join(b["text"] for b in answer["blocks"] if b["taken"])
    ask_all(args, pages, text, "texts by the rules", lambda page: {"first": page["first"], "second": page["second"]})
    figures = " ".join("%s %.4f" % item for item in judge(pages).items())
    print("cross-validated by site, one forest: F1", figures)
    for number in range(FOLDS):
        print("fold %d: %s" % (number, " ".join("%s %.4f" % item for item in judge(
            [p for p in pages if p["fold"] == number]).items())))
    if args.write:
        header = ["Made on %s by train/extract.py with LightGBM %s." % (args.date, lightgbm.__version__),
                  "F1 cross-validated by site in %d folds, one forest of the %d: %s" % (FOLDS, args.seeds, figures)]
        header += ["fold %d: %s" % (number, " ".join("%s %.4f" % item for item in judge(
            [p for p in pages if p["fold"] == number]).items())) for number in range(FOLDS)]
        export(models, names["all"], header + notes, args.write)


if __name__ == "__main__":
    sys.exit(main())
