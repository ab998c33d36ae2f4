#!/usr/bin/env python3
"""Train the table `src/extract/model.tsv` that tells article text from everything else.

    pip install lightgbm
    tests/train/extract.py --cmd target/debug/copydesk --texts DIR --strings DIR [--write src/extract/model.tsv]

Material, all public:
  --texts    scrapinghub/article-extraction-benchmark (MIT): a directory with pages/ID.html and
             ground-truth.json {ID: {"articleBody", "url"}}
  --strings  a directory with manifest.json [{"id", "url", "file", "with": [], "without": []}] and
             the files: pages with strings that are in the article and strings that are not, as
             adbar/trafilatura (Apache-2.0) has them in tests/evaldata.py

`copydesk extract --explain` gives the blocks of a page and their features; a block is content if
its words are in the article, or if it has a `with` string and no `without` string. The figures
printed are those of cross-validation by site (registrable domain): no page is judged by a model
that has seen its site.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import pickle
import re
import subprocess
import sys

import lightgbm
import numpy

WORD = re.compile(r"\w+")
YEAR = re.compile(r"(?<![0-9])(19|20)[0-9]{2}(?![0-9])")
SPACE = re.compile(r"\s+")
FOLDS = 5
INNER = 3
SECOND = ["score-4", "score-3", "score-2", "score-1", "score", "score+1", "score+2", "score+3", "score+4",
          "content_before", "content_after", "content", "scores5", "scores10", "kind_score", "parent_score",
          "parent2_score", "kind_content", "parent_content", "parent2_content", "content_gap_before",
          "content_gap_after"]
# As in `src/extract/content.rs`: first scores below this count as none.
CLEAR = 0.05
# As there: a heading with nothing taken in so many blocks after it is left out.
HEADED = 8
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
SECOND_LEVEL = {"co", "com", "org", "net", "gov", "ac", "gob", "edu"}


def site(page):
    """Registrable domain of a page, near enough."""
    name = re.sub(r"^\w+::", "", page["id"])
    url = page.get("url") or ""
    match = re.match(r"https?://([^/]+)", url)
    host = match.group(1) if match and "example.com" not in url else re.split(r"[-/]", name)[0]
    parts = host.lower().split(":")[0].split(".")
    if parts and parts[-1] in ("html", "htm"):
        parts = parts[:-1]
    keep = 3 if len(parts) > 2 and parts[-2] in SECOND_LEVEL else 2
    return ".".join(parts[-keep:])


def explain(command, path):
    argv = [command, "extract", "--explain", "--content-type", "text/html; charset=utf-8", str(path)]
    return json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)


def shingles(words, size=4):
    if not words:
        return collections.Counter()
    return collections.Counter(tuple(words[i:i + size]) for i in range(max(1, len(words) - size + 1)))


def plain(text):
    return SPACE.sub(" ", text or "").strip()


def label_text(page, blocks):
    """1 where the block's words stand in the article, weighted by how much the page loses or gains."""
    truth = WORD.findall(page["articleBody"])
    lines = {" ".join(WORD.findall(line)) for line in page["articleBody"].split("\n")}
    grams = set(tuple(truth[i:i + 4]) for i in range(len(truth)))
    labels, weights, seen = [], [], set()
    for block in blocks:
        words = WORD.findall(block["text"])
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


def load(args):
    pages = []
    if args.texts:
        truth = json.loads((args.texts / "ground-truth.json").read_text(encoding="utf-8"))
        for key, value in sorted(truth.items()):
            pages.append({"id": key, "url": value.get("url"), "articleBody": value.get("articleBody") or "",
                          "path": args.texts / "pages" / (key + ".html")})
    if args.strings:
        for page in json.loads((args.strings / "manifest.json").read_text(encoding="utf-8")):
            pages.append(dict(page, path=args.strings / page["file"]))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda page: explain(args.cmd, page["path"]), pages))
    names = answers[0]["names"]
    for page, answer in zip(pages, answers):
        blocks = answer["blocks"]
        page["rows"] = numpy.array([b.pop("features") for b in blocks], dtype=numpy.float32).reshape(
            len(blocks), len(names))
        page["blocks"] = blocks
    return names, pages


def label(pages):
    for page in pages:
        labels, weights = (label_text if "articleBody" in page else label_strings)(page, page["blocks"])
        page["labels"] = numpy.array(labels, dtype=int)
        page["weights"] = numpy.array(weights, dtype=float)


def stack(pages):
    rows = numpy.concatenate([p["rows"] for p in pages if len(p["blocks"])])
    labels = numpy.concatenate([p["labels"] for p in pages if len(p["blocks"])])
    weights = numpy.concatenate([p["weights"] for p in pages if len(p["blocks"])])
    known = labels >= 0
    return rows[known], labels[known], weights[known]


def train(pages, args):
    """-> the two models: of a block by itself, and of a block among those around it."""
    first = fit(pages, args, args.trees)
    inner = sorted({site(p) for p in pages})
    fold_of = {name: index * 104729 % len(inner) % INNER for index, name in enumerate(inner)}
    # The second model has to see first scores as they are on pages the first has not seen.
    for fold in range(INNER):
        model = fit([p for p in pages if fold_of[site(p)] != fold], args, args.trees)
        for page in pages:
            if fold_of[site(page)] == fold:
                page["second"] = second(page, look(model, page))
    seconds = [dict(p, rows=p["second"]) for p in pages if len(p["blocks"])]
    return first, fit(seconds, args, args.trees)


class Forest:
    """The mean of forests that differ in their seeds."""

    def __init__(self, models):
        self.models = models

    def predict(self, rows):
        return 1 / (1 + numpy.exp(-sum(m.predict(rows, raw_score=True) for m in self.models) / len(self.models)))

    def feature_importance(self, kind):
        return sum(model.feature_importance(kind) for model in self.models)


def fit(pages, args, trees):
    rows, labels, weights = stack(pages)
    known = lightgbm.Dataset(rows, labels, weight=weights, params={"max_bin": 63}, free_raw_data=False)
    return Forest([fit_one(known, args, trees, seed) for seed in range(7, 7 + args.seeds)])


def fit_one(known, args, trees, seed):
    params = {"objective": "binary", "learning_rate": args.rate, "num_leaves": args.leaves,
              "min_data_in_leaf": 40, "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1,
              "lambda_l2": 5.0, "verbose": -1, "seed": seed, "num_threads": args.threads,
              "deterministic": True, "max_bin": 63}
    return lightgbm.train(params, known, num_boost_round=trees)


def look(model, page):
    """First scores of a page."""
    if not len(page["blocks"]):
        return numpy.zeros(0)
    hidden = numpy.array([b["hidden"] for b in page["blocks"]])
    scores = numpy.where(hidden, 0.0, model.predict(page["rows"]))
    return numpy.where(scores < CLEAR, 0.0, scores)


def second(page, first):
    """The features and the first scores around: as `second` in `src/extract/features.rs`."""
    count = len(first)
    if not count:
        return page["rows"]
    sizes = page["rows"][:, 0]
    padded = numpy.concatenate([numpy.full(4, -1.0), first, numpy.full(4, -1.0)])
    columns = [padded[4 + o:4 + o + count] for o in range(-4, 5)]
    content = numpy.concatenate([[0], numpy.cumsum(first * numpy.minimum(sizes, 400))])
    total = content[-1]
    columns += [content[:-1] / (total + 1), (total - content[1:]) / (total + 1), numpy.full(count, total)]
    scores = numpy.concatenate([[0], numpy.cumsum(first)])
    for reach in (5, 10):
        low = numpy.maximum(0, numpy.arange(count) - reach)
        high = numpy.minimum(count, numpy.arange(count) + reach + 1)
        columns.append((scores[high] - scores[low]) / (high - low))
    weighted, shares = first * (sizes + 5), []
    for place in range(3):
        _, group = numpy.unique([b["groups"][place] for b in page["blocks"]], return_inverse=True)
        sums = numpy.bincount(group, weighted)
        columns.append((sums / numpy.bincount(group, sizes + 5))[group])
        shares.append(sums[group] / (weighted.sum() + 1))
    columns += shares + [gaps(first), gaps(first[::-1])[::-1]]
    return numpy.concatenate([page["rows"], numpy.stack(columns, 1)], 1).astype(numpy.float32)


def gaps(first):
    """Pieces since the last one that was likely content."""
    out, gap = numpy.empty(len(first)), 999.0
    for index, score in enumerate(first):
        out[index] = gap
        gap = 0.0 if score >= 0.5 else min(gap + 1, 999.0)
    return out


def judge(pages, scores, threshold):
    """-> figures as `copydesk`'s scorers take them, for decisions by threshold alone."""
    shares, hit, missed, surplus, exact = [], 0, 0, 0, 0
    for page, score in zip(pages, scores):
        text = "\n\n".join(b["text"] for b, s in zip(page["blocks"], score) if s >= threshold)
        if "articleBody" in page:
            wanted, got = shingles(WORD.findall(page["articleBody"])), shingles(WORD.findall(text))
            hits = sum((wanted & got).values())
            shares.append((hits / max(1, sum(got.values())), hits / max(1, sum(wanted.values()))))
            exact += WORD.findall(page["articleBody"]) == WORD.findall(text)
            page["miss"] = 2 - sum(shares[-1])
        else:
            text = plain(text)
            found = sum(plain(s) in text for s in page["with"])
            wrong = sum(plain(s) in text for s in page["without"])
            hit, missed, surplus = hit + found, missed + len(page["with"]) - found, surplus + wrong
            page["miss"] = len(page["with"]) - found + wrong
    out = {}
    if shares:
        precision, recall = numpy.mean(shares, axis=0)
        out["texts"] = "F1 %.4f P %.4f R %.4f exact %.3f" % (
            2 * precision * recall / (precision + recall), precision, recall, exact / len(shares))
    if hit:
        out["strings"] = "F1 %.4f P %.4f R %.4f" % (
            2 * hit / (2 * hit + surplus + missed), hit / (hit + surplus), hit / (hit + missed))
    return out


def cross_validate(pages, args):
    """-> score of every block by a model that has not seen the site."""
    sites = sorted({site(p) for p in pages})
    fold_of = {name: index * 7919 % len(sites) % FOLDS for index, name in enumerate(sites)}
    scores = [None] * len(pages)
    for fold in range(FOLDS):
        model = train([p for p in pages if fold_of[site(p)] != fold], args)
        for index, page in enumerate(pages):
            if fold_of[site(page)] == fold:
                scores[index] = predict(model, page)
    return scores


def predict(models, page):
    if not len(page["blocks"]):
        return numpy.zeros(0)
    hidden = numpy.array([b["hidden"] for b in page["blocks"]])
    rows = second(page, look(models[0], page))
    near = rows[:, page["rows"].shape[1] + 12] > 0
    scores = numpy.where(hidden | ~near, 0.0, models[1].predict(rows))
    seen = set()
    for index, block in enumerate(page["blocks"]):
        # The second copy of a text is one too many.
        if scores[index] >= 0.4 and len(block["text"]) >= 60:
            scores[index] *= block["text"] not in seen
            seen.add(block["text"])
    return scores


def rules(names, page, scores, threshold):
    """The scores after the rules: as in `src/extract/content.rs`."""
    if not len(page["blocks"]):
        return scores
    scores = scores.copy()
    column = {name: page["rows"][:, index] for index, name in enumerate(names)}
    taken = scores >= threshold
    is_headline = (column["since_headline"] == 0) & (column["has_headline"] == 1) & (column["likeness"] >= 0.9)
    for index in numpy.flatnonzero(is_headline):
        if page["blocks"][index]["tag"] in HEADINGS and not taken[:index].any():
            scores[index], taken[index] = 0, False
    comment = (column["above.comment"] <= 5) & (column["above.comment"] < column["above.body"])
    if column["size"][taken & ~comment].sum() >= 250:
        scores[comment] = 0
    place = column["headline_article"]
    if column["size"][(scores >= threshold) & (place == 2)].sum() >= 250:
        scores[place == 1] = 0
    for index in numpy.flatnonzero(scores >= threshold):
        block = page["blocks"][index]
        if len(block["text"]) >= 120:
            break
        if (len(block["text"]) < 100 and block["tag"] not in HEADINGS and column["ends"][index] != 2
                and YEAR.search(block["text"])):
            scores[index] = 0
    following = len(scores) + HEADED + 1
    for index in range(len(scores) - 1, -1, -1):
        if scores[index] < threshold:
            continue
        if page["blocks"][index]["tag"] in HEADINGS and following > index + HEADED:
            scores[index] = 0
        else:
            following = index
    return scores


def export(models, path):
    """Write the trees as a table: see `src/extract/model.rs`."""
    lines = []
    for name, model in zip(("first", "second"), models):
        lines.append("model\t%s\t%d" % (name, len(model.models)))
        for one in model.models:
            lines += table(one, len(model.models))
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
    parser.add_argument("--cmd", default="target/debug/copydesk")
    parser.add_argument("--texts", type=pathlib.Path)
    parser.add_argument("--strings", type=pathlib.Path)
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--leaves", type=int, default=12)
    parser.add_argument("--rate", type=float, default=0.07)
    parser.add_argument("--seeds", type=int, default=3, help="forests to take the mean of")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--write", type=pathlib.Path, help="train on everything and write the table")
    parser.add_argument("--keep", type=pathlib.Path, help="keep the scored pages here (pickle)")
    parser.add_argument("--quick", action="store_true", help="no cross-validation")
    args = parser.parse_args()
    names, pages = load(args)
    label(pages)
    if args.write:
        models = train(pages, args)
        export(models, args.write)
        for model, more in zip(models, ([], SECOND)):
            order = sorted(zip(model.feature_importance("gain"), names + more), reverse=True)
            print("most used:", ", ".join(name for _, name in order[:30]))
            print("least used:", ", ".join(name for _, name in order[-20:]), flush=True)
    if not args.quick:
        scores = cross_validate(pages, args)
        for threshold in (0.4, 0.5, 0.55, 0.6, 0.65):
            ruled = [rules(names, page, score, threshold) for page, score in zip(pages, scores)]
            print(threshold, judge(pages, ruled, threshold))
    if args.keep and not args.quick:
        for page, score in zip(pages, scores):
            page["scores"] = score
            page.pop("second", None)
        args.keep.write_bytes(pickle.dumps((names, pages)))


if __name__ == "__main__":
    sys.exit(main())
