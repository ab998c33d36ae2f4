//! Plain news sentences by the hundred, no two alike: what repeats would rightly be cut.

use std::fmt::Write;

const WHO: [&str; 12] = [
    "the harbour board",
    "a county judge",
    "the water company",
    "two engineers",
    "the school district",
    "a retired pilot",
    "the library council",
    "the ferry operator",
    "a group of farmers",
    "the museum's director",
    "the transport minister",
    "an insurance firm",
];
const DID: [&str; 10] = [
    "approved",
    "questioned",
    "published",
    "delayed",
    "repaired",
    "inspected",
    "financed",
    "measured",
    "rejected",
    "reopened",
];
const WHAT: [&str; 12] = [
    "the northern bridge",
    "a plan for the old market",
    "the report on flooding",
    "a contract for new buses",
    "the tunnel under the river",
    "a survey of the coast",
    "the budget of the clinic",
    "the wind farm near the lake",
    "a line of tide gauges",
    "the roof of the station",
    "a study of night trains",
    "the archive of the town hall",
];
const WHY: [&str; 10] = [
    "after weeks of heavy rain",
    "while residents waited for an answer",
    "although the costs had risen again",
    "because an inspection had found cracks",
    "as the first visitors arrived",
    "before the winter timetable begins",
    "when the old permit ran out",
    "since no other bidder came forward",
    "despite a letter from the neighbours",
    "so that work can start in spring",
];

/// `paragraphs` paragraphs of two sentences each: the same for the same seed, others for others.
pub fn paragraphs(seed: u64, paragraphs: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..paragraphs)
        .map(|index| {
            let mut text = String::new();
            for sentence in 0..2 {
                let mut pick = |words: &[&'static str]| *random.choice(words).unwrap_or(&"");
                let (who, did, what, why) = (pick(&WHO), pick(&DID), pick(&WHAT), pick(&WHY));
                let number = seed * 100 + index as u64 * 10 + sentence;
                let gap = if text.is_empty() { "" } else { " " };
                write!(text, "{gap}In case {number}, {who} {did} {what} {why}.").expect("memory");
            }
            text
        })
        .collect()
}

/// A rule for a line that no other rule cuts.
pub const MARKER_RULE: &str = "\
rules:
  - id: own/marker
    kind: ui
    start: [\"harbour desk marker line\"]
    max: 140
    weight: 1.0
    removes: [\"Harbour desk marker line for the night shift\"]
    keeps: [\"The night shift at the harbour desk drew a line under the affair on Monday.\"]
";
