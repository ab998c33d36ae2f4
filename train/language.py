"""Makes src/language/model.bin: letter groups of some 100 languages. See src/language/README.md.

    make train-language        or        python3 train/language.py SOURCES OUT

SOURCES is a folder laid out by train/language.sh: `common-voice` (git directory), `udhr`,
`bible-corpus` (git directory), `asp-source`, `pb-source` (git directories), `django` (wheel),
`langidentify` (folder of the wheel langidentify-full-model). Standard library only; the same
sources give the same bytes. About ten minutes on one core.
"""

import collections
import glob
import gzip
import heapq
import html
import math
import os
import re
import struct
import sys
import unicodedata
import zipfile

import inputs

# Languages of one source each by code; what is left out is too close to another for its little text.
COMMON_VOICE = {
    "ga-IE": "ga", "fy-NL": "fy", "nb-NO": "nb", "ne-NP": "ne", "pa-IN": "pa", "sv-SE": "sv", "kmr": "ku",
    "rm-sursilv": "rm", "rm-vallader": "rm",
}
COMMON_VOICE_OUT = set("zh-HK zh-CN zh-TW ja th vot kpv scn ace bas kab cnh ab ia ast LICENSE".split())
UDHR = dict(
    afr="af", amh="am", arb="ar", azj_latn="az", bel="be", bul="bg", ben="bn", bos_latn="bs", cat="ca",
    ckb="ckb", ces="cs", cym="cy", dan="da", deu_1996="de", ewe="ee", eng="en", epo="eo", spa="es", est="et",
    eus="eu", pes_1="fa", pes_2="fa", fin="fi", fao="fo", fra="fr", fri="fy", gle="ga", gla="gd", glg="gl",
    hau_NE="ha", hau_NG="ha", hau_3="ha", heb="he", hin="hi", hrv="hr", hat_popular="ht", hat_kreyol="ht",
    hun="hu", ind="id", ibo="ig", isl="is", ita="it", jav="jv", kaz="kk", kmr="ku", kir="ky", lat="la",
    ltz="lb", lit="lt", lav="lv", plt="mg", mri="mi", mkd="mk", khk="mn", mar="mr", mly_latn="ms", mlt="mt",
    nob="nb", nep="ne", nld="nl", nno="nn", nya_chechewa="ny", nya_chinyanja="ny", pol="pl", pbu="ps",
    por_PT="pt", por_BR="pt", ron_2006="ro", rus="ru", kin="rw", slk="sk", slv="sl", smo="sm", sna="sn",
    som="so", als="sq", srp_cyrl="sr", srp_latn="sr", swe="sv", swh="sw", tgk="tg", tir="ti", tuk_latn="tk",
    tgl="tl", tsn="tn", tur="tr", tat="tt", uig_arab="ug", ukr="uk", urd="ur", uzn_latn="uz", uzn_cyrl="uz",
    vie="vi", wol="wo", xho="xh", yor="yo", zul="zu", bre="br", oci_1="oc", ceb="ceb", lug="lg", chv="cv",
    sah="sah", ydd="yi", hsb="hsb", gug="gn",
)
BIBLE = {
    "Ewe-NT": "ee", "Wolof-NT": "wo", "Zulu-NT": "zu", "Swahili-NT": "sw", "Ukranian-NT": "uk",
    "Latvian-NT": "lv", "Basque-NT": "eu", "Estonian-PART": "et", "Gaelic-PART": "gd",
}
STORIES = {
    "asp-source": "af am ee ha lg ny om rw so sw ti tn xh yo zu".split(),
    "pb-source": "as bn hi mr".split(),
}
DJANGO = {"sr_Latn": "sr", "pt_BR": "pt"}
DJANGO_OUT = set("kab ia io udm dsb os en ast".split())
LANGIDENTIFY = {"no": "nb"}
LANGIDENTIFY_OUT = {"st", "ts"}

# Most words that a source counts for, so that neither the kind of text of one source nor the
# words of the Bible or of a program's menus decide.
WEIGHT = dict(langidentify=400e3, common_voice=300e3, bible=60e3, stories=60e3, udhr=4e3, django=4e3)
# A word that counts for less than this says nothing.
WORD_MIN = 0.3
# Groups of each length that a language brings to the table.
GROUPS = {1: 200, 2: 1000, 3: 2200, 4: 2200}
# How strongly a language's counts are drawn to the mean, in groups.
SMOOTHING = 3000.0
# Steps of a gain in a nat, and the least gain that is kept, in steps.
STEPS, STEPS_MIN = 14, 7
# Share of a language's text in a script from which on it counts as written in it.
SCRIPT_SHARE = 0.08

SCRIPTS = {  # number in src/language/script.rs: ranges
    0: [(0x41, 0x250), (0x1E00, 0x1F00), (0x2C60, 0x2C80), (0xA720, 0xA800), (0x250, 0x300)],
    1: [(0x400, 0x530), (0x1C80, 0x1C90), (0xA640, 0xA6A0)],
    2: [(0x600, 0x700), (0x750, 0x780), (0x8A0, 0x900), (0xFB50, 0xFE00), (0xFE70, 0xFF00)],
    3: [(0x590, 0x600), (0xFB1D, 0xFB50)],
    4: [(0x900, 0x980), (0xA8E0, 0xA900)],
    5: [(0x980, 0xA00)],
    6: [(0x1200, 0x13A0), (0x2D80, 0x2DE0), (0xAB00, 0xAB30)],
}
# Languages whose own script tells them: what they have in another is foreign words.
OWN_SCRIPT = set("el hy pa gu or ta te kn ml si th lo bo my ka ko km dv ja zh".split())
CYRILLIC = "а б в г д ђ е ж з и ј к л љ м н њ о п р с т ћ у ф х ц ч џ ш".split()
LATIN = "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š".split()
SERBIAN = dict(zip(CYRILLIC, LATIN, strict=True))
APOSTROPHES = "'’‘ʼ`´ʻʹ"


def kind(c, known={}):  # noqa: B006, a cache
    if c not in known:
        letter = c.isalpha() or unicodedata.category(c)[0] == "M"
        known[c] = 1 if letter and c not in APOSTROPHES else 2 if c in APOSTROPHES else 0
    return known[c]


def words(text):
    """The same words as `Model::scores` of src/language/model.rs sees."""
    word = []
    for c in text + " ":
        k = kind(c)
        if k == 1:
            word.append(c)
        elif word and k == 2:
            word.append("'")
        elif word:
            yield "".join(word).rstrip("'").lower()
            word = []


def groups(word):
    word = f"_{word}_"
    for i in range(len(word)):
        if 0 < i < len(word) - 1:
            yield word[i]
        for n in (2, 3, 4):
            if i + n <= len(word):
                yield word[i : i + n]


def script_of(word):
    counts = collections.Counter()
    for c in word:
        for script, ranges in SCRIPTS.items():
            if any(low <= ord(c) < high for low, high in ranges):
                counts[script] += 1
    return counts.most_common(1)[0][0] if counts else None


def plain(markup):
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def common_voice(folder):
    for path, text in inputs.files(folder, "server/data/", lambda path: path.endswith(".txt")):
        name = path.split("/")[2]
        if name not in COMMON_VOICE_OUT:
            yield COMMON_VOICE.get(name, name), words(text[:1_500_000])


def udhr(folder):
    for name, language in sorted(UDHR.items()):
        text = open(f"{folder}/{name}.html", encoding="utf-8").read()
        yield language, words(plain(text[text.find("<body") :]))


def bible(folder):
    wanted = {f"bibles/{name}.xml": language for name, language in BIBLE.items()}
    for path, text in inputs.files(folder, "bibles/", wanted.__contains__):
        yield wanted[path], words(plain(text))


def stories(folder):
    for repository, languages in sorted(STORIES.items()):
        keep = lambda path: path.split("/")[0] in languages and path.endswith(".md")  # noqa: B023, E731
        for path, text in inputs.files(f"{folder}/{repository}", ".", keep):
            story = text.split("\n* License")[0]  # the credits stand at the end
            story = re.sub(r"!\[.*?\]\(.*?\)|https?://\S+|^##.*$", "", story, flags=re.M)
            yield path.split("/")[0], words(story)


def django(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            match = re.search(r"/locale/([A-Za-z_]+)/LC_MESSAGES/.*\.po$", name)
            language = match and DJANGO.get(match[1], match[1])
            if not match or "_" in language or language in DJANGO_OUT:
                continue
            text = archive.read(name).decode("utf-8", "ignore")
            quoted = r'"(?:[^"\\]|\\.)*"'
            strings = re.findall(rf"^msgstr(?:\[\d\])? ((?:{quoted}\s*)+)", text, flags=re.M)
            text = " ".join("".join(part[1:-1] for part in re.findall(quoted, string)) for string in strings)
            yield language, words(re.sub(r"%\([a-z_]+\)[a-z]|%[a-z]|\{[^}]*\}|\\n|<[^>]+>|&\w+;", " ", text))


def langidentify(folder):
    """Frequencies of whole words of Wikipedia, in words of a million."""
    for path in sorted(glob.glob(f"{folder}/topwords-*.txt.gz")):
        language = re.search(r"topwords-(.*)\.txt", path)[1]
        if language in LANGIDENTIFY_OUT:
            continue
        counts = {}
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if not line.startswith("#"):
                    word, probability = line.split()
                    counts[word.replace("’", "'")] = math.exp(float(probability)) * 1e6
        yield LANGIDENTIFY.get(language, language), counts


def classes(sources):
    """Word counts by language and script."""
    by_source = {}
    readers = dict(
        common_voice=common_voice(f"{sources}/common-voice"), udhr=udhr(f"{sources}/udhr"),
        bible=bible(f"{sources}/bible-corpus"), stories=stories(sources),
        django=django(glob.glob(f"{sources}/django/*.whl")[0]),
        langidentify=langidentify(f"{sources}/langidentify"),
    )
    for source, reader in readers.items():
        for language, found in reader:
            by_source.setdefault((language, source), collections.Counter()).update(found)
    merged = {}
    for (language, source), counts in sorted(by_source.items()):
        total = sum(counts.values())
        weight = min(total, WEIGHT[source]) / total
        for word, count in counts.items():
            if len(word) <= 40 and count * weight > WORD_MIN * (source == "langidentify"):
                script = script_of(word)
                if script is not None:
                    merged.setdefault((language, script), collections.Counter())[word] += count * weight
                if language == "sr" and script == 1:
                    latin = "".join(SERBIAN.get(c, c) for c in word)
                    merged.setdefault((language, 0), collections.Counter())[latin] += count * weight
    totals = collections.Counter()
    for (language, _), counts in merged.items():
        totals[language] += sum(counts.values())
    return {
        key: counts for key, counts in sorted(merged.items())
        if sum(counts.values()) >= SCRIPT_SHARE * totals[key[0]]
    }


def table(merged):
    """Rows (language, script, lacking) and entries by group."""
    rows, tables, chosen = [], [], collections.defaultdict(set)
    for (language, script), counts in merged.items():
        found = collections.defaultdict(float)
        for word, count in counts.items():
            for group in groups(word):
                found[group] += count
        for length, most in GROUPS.items():
            of_length = ((count, group) for group, count in found.items() if len(group) == length)
            chosen[script].update(group for _, group in heapq.nlargest(most, of_length))
        rows.append((language, script, sum(found.values())))
        tables.append(found)
    entries = collections.defaultdict(list)
    for script, wanted in chosen.items():
        members = [at for at, row in enumerate(rows) if row[1] == script]
        for group in wanted:
            shares = {at: tables[at].get(group, 0.0) / rows[at][2] for at in members}
            mean = sum(shares.values()) / len(members)
            for at in members:
                count, total = tables[at].get(group, 0.0), rows[at][2]
                score = math.log((count + SMOOTHING * mean) / (total + SMOOTHING) / mean)
                steps = round((score - lacking(total)) * STEPS)
                if steps >= STEPS_MIN:
                    entries[group].append((at, min(steps, 255)))
            entries.setdefault(group, [])
    return rows, entries


def lacking(total):
    return math.log(SMOOTHING / (total + SMOOTHING))


def fnv(group):
    value = 0x811C9DC5
    for c in group:
        for byte in ord(c).to_bytes(4, "little")[:3]:
            value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def write(out, rows, entries):
    by_hash = {}
    for group in sorted(entries):
        by_hash.setdefault(fnv(group), group)  # of two with one hash the first stays
    hashes = sorted(by_hash)
    buckets, at = [], 0
    for bucket in range(4097):
        while at < len(hashes) and hashes[at] >> 20 < bucket:
            at += 1
        buckets.append(at)
    starts, packed = [0], bytearray()
    for value in hashes:
        for row, steps in entries[by_hash[value]]:
            packed += bytes((row, steps))
        starts.append(len(packed) // 2)
    head = (
        "copydesk letter groups 1\n"
        f"rows {len(rows)}, groups {len(hashes)}, entries {starts[-1]}\n"
        f"smoothing {SMOOTHING}, groups of a language {GROUPS}\n"
        "made by train/language.py; data, licences and figures: src/language/README.md\n\0"
    )
    with open(out, "wb") as file:
        file.write(head.encode())
        file.write(struct.pack("<I", len(rows)))
        for language, script, total in rows:
            bit = 0 if language in OWN_SCRIPT else 1 << script
            file.write(struct.pack("<8sIf", language.encode(), bit, lacking(total)))
        file.write(struct.pack("<I", len(hashes)))
        for numbers in (buckets, hashes, starts):
            file.write(struct.pack(f"<{len(numbers)}I", *numbers))
        file.write(packed)
    print(head.rstrip("\0"), os.path.getsize(out), "bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    repositories = ("common-voice", "bible-corpus", "asp-source", "pb-source")
    inputs.need(sys.argv[1], (*repositories, "udhr", "django", "langidentify"))
    write(sys.argv[2], *table(classes(sys.argv[1])))
