"""Plain news sentences by the hundred, no two alike: what repeats would rightly be cut."""

import random

WHO = ["the harbour board", "a county judge", "the water company", "two engineers", "the school district",
       "a retired pilot", "the library council", "the ferry operator", "a group of farmers",
       "the museum's director", "the transport minister", "an insurance firm"]
DID = ["approved", "questioned", "published", "delayed", "repaired", "inspected", "financed", "measured",
       "rejected", "reopened"]
WHAT = ["the northern bridge", "a plan for the old market", "the report on flooding", "a contract for new buses",
        "the tunnel under the river", "a survey of the coast", "the budget of the clinic",
        "the wind farm near the lake", "a line of tide gauges", "the roof of the station",
        "a study of night trains", "the archive of the town hall"]
WHY = ["after weeks of heavy rain", "while residents waited for an answer", "although the costs had risen again",
       "because an inspection had found cracks", "as the first visitors arrived",
       "before the winter timetable begins", "when the old permit ran out",
       "since no other bidder came forward", "despite a letter from the neighbours",
       "so that work can start in spring"]


def paragraph(entry, version, index):
    pick = random.Random(f"{entry}/{version}/{index}").choice
    sentences = []
    for sentence in range(2):
        number = ((entry * 20 + version) * 4 + index) * 2 + sentence
        sentences.append(f"In case {number}, {pick(WHO)} {pick(DID)} {pick(WHAT)} {pick(WHY)}.")
    return " ".join(sentences)


def paragraphs(entry, version):
    """The text of an entry: each version rewrites the last paragraph and keeps the others."""
    return [paragraph(entry, 0, 0), paragraph(entry, 0, 1), paragraph(entry, version, 2)]


def text(entry, version):
    return "\n\n".join(paragraphs(entry, version))
