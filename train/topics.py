"""Makes src/tag/topics/model.bin: what the words of an English article say about its desk.

    python3 train/topics.py UNLABELLED WORDLLAMA LANGIDENTIFY CONFIG OUT

UNLABELLED is a file of lines with `id`, `url`, `title` and `paragraphs`: English news without
labels. The desk in the address (config/tags/categories.yaml) and the words of our own
config/tags/topics.yaml label a part of them. WORDLLAMA is the folder of the wheel wordllama (MIT):
a vector for each word, so that what is learnt of one word holds for its like. LANGIDENTIFY is the
folder of the wheel langidentify-full-model: the common words of English. Needs the packages of
train/requirements.txt. The same sources give the same bytes.
"""

import collections
import gzip
import json
import lzma
import math
import os
import random
import re
import struct
import sys
from urllib.parse import urlsplit

import numpy as np
import yaml
from tokenizers import Tokenizer

import inputs

WORDS, WORDS_OF_NEWS = 40_000, 25_000  # of the language and of the news
DIMENSIONS = 256
EPOCHS, RATE, DECAY = 300, 2.0, 1e-5
TITLE = 3  # a word of the title counts as this many
# Documents made of a topic's own words, and how many words each has.
MADE, MADE_WORDS = 60, 25
SEED = 15

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def words(text):
    return [word.lower().replace("’", "'").removesuffix("'s") for word in WORD.findall(text)]


def counts(article):
    found = collections.Counter(words(" ".join(article["paragraphs"])[:6000]))
    for word in words(article["title"]):
        found[word] += TITLE
    return found


def rules(config):
    """Topics, their English phrases by first three letters, and desks."""
    topics = yaml.safe_load(open(f"{config}/tags/topics.yaml", encoding="utf-8"))["topics"]
    phrases = collections.defaultdict(list)
    for at, topic in enumerate(topics):
        for phrase in topic["en"]:
            parts = [(part.rstrip("*").lower(), part.endswith("*")) for part in str(phrase).split()]
            phrases[parts[0][0][:3]].append((at, parts))
    ids = [topic["id"] for topic in topics]
    desks = {}
    categories = yaml.safe_load(open(f"{config}/tags/categories.yaml", encoding="utf-8"))["categories"]
    for topic, names in categories.items():
        for name in names:
            desks[slug(str(name))] = ids.index(topic)
    return ids, phrases, desks


def slug(name):
    return re.sub(r"[^\w]+", "-", name.lower().replace("&", " and ")).strip("-")


def desk(url, desks):
    segments = [part for part in urlsplit(url).path.split("/") if part][:5][:-1]
    return next((desks[slug(part)] for part in segments if slug(part) in desks), None)


def by_rules(article, phrases, topics):
    text = [(word, True) for word in words(article["title"])]
    text += [(word, False) for word in words(" ".join(article["paragraphs"])[:4000])]
    hits = collections.Counter()
    for at, (word, title) in enumerate(text):
        for topic, parts in phrases.get(word[:3], ()):
            fits = all(
                at + i < len(text) and (text[at + i][0].startswith(p) if stem else text[at + i][0] == p)
                for i, (p, stem) in enumerate(parts)
            )
            if fits:
                hits[topic, parts[0][0], title] += 1
    points = np.zeros(topics)
    for (topic, _, title), count in hits.items():
        points[topic] += 3 if title else min(math.sqrt(count), 2)
    return points / (2 + len(text) / 300)


def vectors(vocabulary, folder):
    tokenizer = Tokenizer.from_file(f"{folder}/tokenizers/l2_supercat_tokenizer_config.json")
    data = open(f"{folder}/weights/l2_supercat_256.safetensors", "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8 : 8 + size])
    name, info = next((k, v) for k, v in head.items() if k != "__metadata__")
    kind = {"F16": np.float16, "F32": np.float32}[info["dtype"]]
    low, high = info["data_offsets"]
    table = np.frombuffer(data[8 + size + low : 8 + size + high], kind).reshape(info["shape"]).astype(np.float32)
    out = np.zeros((len(vocabulary), DIMENSIONS), np.float32)
    for at, encoding in enumerate(tokenizer.encode_batch(vocabulary, add_special_tokens=False)):
        out[at] = table[encoding.ids].mean(0)
    out -= out.mean(0)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)


def fnv(word):
    value = 0x811C9DC5
    for byte in word.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def made(ids, phrases, vocabulary):
    """Documents of the words that our own vocabulary has for each topic."""
    known = set(vocabulary)
    for topic in range(len(ids)):
        own = []
        for at, parts in (item for items in phrases.values() for item in items):
            for word, stem in parts if at == topic else ():
                like = [v for v in vocabulary if v.startswith(word)][:4] if stem and len(word) > 3 else []
                own += [w for w in [word, *like] if w in known and len(w) > 2]
        own = sorted(set(own))
        draw = random.Random(SEED * 100 + topic)
        for _ in range(MADE):
            yield topic, collections.Counter(draw.choices(own, k=MADE_WORDS))


def learn(x, y, weight, classes):
    """Multinomial logistic regression by full gradient steps with momentum."""
    w, b = np.zeros((x.shape[1], classes), np.float32), np.zeros(classes, np.float32)
    mw, mb, target = np.zeros_like(w), np.zeros_like(b), np.eye(classes, dtype=np.float32)[y]
    for _ in range(EPOCHS):
        z = x @ w + b
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        g = (p - target) * weight[:, None] / weight.sum()
        mw, mb = 0.9 * mw + x.T @ g + DECAY * w, 0.9 * mb + g.sum(0)
        w, b = w - RATE * 10 * mw, b - RATE * mb
    return w, b


def main(unlabelled, wordllama, langidentify, config, out):
    with lzma.open(unlabelled, "rt") as lines:
        articles = sorted((json.loads(line) for line in lines), key=lambda article: article["id"])
    ids, phrases, desks = rules(config)
    found = [counts(article) for article in articles]
    frequency = collections.Counter(word for counted in found for word in counted)
    vocabulary = [word for word, n in frequency.most_common(WORDS_OF_NEWS) if n >= 3]
    with gzip.open(f"{langidentify}/topwords-en.txt.gz", "rt", encoding="utf-8") as lines:
        common = [line.split()[0].replace("’", "'") for line in lines if not line.startswith("#")]
    vocabulary = list(dict.fromkeys(vocabulary + common[:WORDS]))
    index = {word: at for at, word in enumerate(vocabulary)}
    # A word that the news lacks counts as one of three articles.
    idf = np.array([math.log(len(articles) / max(frequency[word], 3)) for word in vocabulary], np.float32)
    idf = np.round(np.maximum(idf, 0) * 16) / 16
    e = vectors(vocabulary, wordllama)
    x, y, weight, held = [], [], [], []
    for at, (article, counted) in enumerate(zip(articles, found, strict=True)):
        points = by_rules(article, phrases, len(ids))
        order = np.argsort(-points)
        label = desk(article["url"], desks)
        sure = points[order[0]] > 1.0 and points[order[0]] > 1.6 * points[order[1]]
        if label is None and sure:
            label = int(order[0])
        elif label is not None and sure and label != order[0]:
            label = None
        known = [(index[word], 1 + math.log(n)) for word, n in sorted(counted.items()) if word in index]
        if label is None or len(known) < 30:
            continue
        columns = np.array([k for k, _ in known])
        amount = np.array([n for _, n in known], np.float32) * idf[columns]
        x.append((amount[:, None] * e[columns]).sum(0) / amount.sum())
        y.append(label)
        held.append(at % 10 == 9)
    for topic, counted in made(ids, phrases, vocabulary):
        known = [(index[word], 1 + math.log(n)) for word, n in sorted(counted.items())]
        columns = np.array([k for k, _ in known])
        amount = np.array([n for _, n in known], np.float32) * idf[columns]
        x.append((amount[:, None] * e[columns]).sum(0) / amount.sum())
        y.append(topic)
        held.append(False)
    x, y, held = np.array(x), np.array(y), np.array(held)
    size = np.bincount(y, minlength=len(ids))
    weight = 1 / np.maximum(size[y], 8.0) ** 0.8
    print({topic: int(n) for topic, n in zip(ids, size, strict=True)})
    w, b = learn(x[~held], y[~held], weight[~held], len(ids))
    right = (x[held] @ w + b).argmax(1) == y[held]
    print(f"kept out: {right.mean():.3f} of {held.sum()} as labelled")
    w, b = learn(x, y, weight, len(ids))
    table = e @ w
    step = float(np.abs(table).max()) / 127
    packed = np.round(table / step).astype(np.int8)
    by_hash = {}
    for at, word in enumerate(vocabulary):
        by_hash.setdefault(fnv(word), at)
    hashes = sorted(by_hash)
    head = f"copydesk topics 1\nlanguage en, words {len(hashes)}, topics {' '.join(ids)}\nmade by train/topics.py\n\0"
    with open(out, "wb") as file:
        file.write(head.encode())
        file.write(struct.pack("<IIf", len(hashes), len(ids), step))
        file.write(struct.pack(f"<{len(ids)}f", *b))
        file.write(struct.pack(f"<{len(hashes)}I", *hashes))
        for value in hashes:
            at = by_hash[value]
            file.write(struct.pack("B", min(int(idf[at] * 16), 255)) + packed[at].tobytes())
    print(os.path.getsize(out), "bytes, step", step)


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    inputs.need("", sys.argv[2:5], sys.argv[1:2])
    main(*sys.argv[1:])
