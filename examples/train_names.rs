//! Learns `src/tag/sequence/model.bin` from the documents that `train/names.py` makes.
//!
//!     cargo run --release --example train_names -- DOCUMENTS.jsonl OUT
//!
//! Averaged structured perceptron, the documents in an order fixed by a seed: the same documents
//! give the same bytes. Every tenth document of each source is kept out and scored.

use std::{collections::BTreeMap, error::Error, fs, io::BufRead};

use copydesk::tag::{
    Tagger,
    sequence::{Example, best, examples, fingerprint, slots, table},
};

const LABELS: usize = 9;
const EPOCHS: usize = 6;
const SEED: u64 = 15;

/// Steps of a byte that a weight of 1 is.
const SCALE: f32 = 12.0;

/// Orders of the examples that are learnt and averaged.
const ORDERS: u64 = 5;

/// Largest weight after scaling, so that it fits a byte.
const WEIGHT_MAX: f32 = 127.0;

struct Document {
    source: String,
    runs: Vec<Example>,
}

/// Steps and weights in the table's units.
type Averaged = ([[i16; LABELS]; LABELS], Vec<[i8; LABELS - 1]>);

struct Learner {
    weights: Vec<[f32; LABELS - 1]>,
    sums: Vec<[f32; LABELS - 1]>,
    steps: [[f32; LABELS]; LABELS],
    step_sums: [[f32; LABELS]; LABELS],
    time: f32,
}

impl Learner {
    fn new() -> Self {
        Self {
            weights: vec![[0.0; LABELS - 1]; slots()],
            sums: vec![[0.0; LABELS - 1]; slots()],
            steps: [[0.0; LABELS]; LABELS],
            step_sums: [[0.0; LABELS]; LABELS],
            time: 0.0,
        }
    }

    /// The mean of tables that learnt the examples in different orders, each fixed by its seed: one
    /// order alone is a matter of luck for the languages that were not learnt.
    fn all(examples: &[&Example]) -> Averaged {
        let mut mean = Mean::default();
        for seed in 0..ORDERS {
            let mut learner = Self::new();
            let mut random = fastrand::Rng::with_seed(SEED + seed);
            let mut order = examples.to_vec();
            for epoch in 0..EPOCHS {
                random.shuffle(&mut order);
                let mistakes = order.iter().filter(|example| learner.learn(example)).count();
                println!("order {seed}, epoch {epoch}: {mistakes} of {} runs wrong", order.len());
            }
            mean.add(&learner);
        }
        mean.table()
    }

    fn rows(&self, example: &Example) -> Vec<[i32; LABELS]> {
        let row = |slots: &Vec<u32>| {
            let mut row = [0.0_f32; LABELS];
            for slot in slots {
                for (sum, weight) in row.iter_mut().skip(1).zip(&self.weights[*slot as usize]) {
                    *sum += weight;
                }
            }
            row.map(|score| score as i32)
        };
        example.slots.iter().map(row).collect()
    }

    fn learn(&mut self, example: &Example) -> bool {
        let found = best(&self.rows(example), &self.steps.map(|row| row.map(|step| step as i32)));
        self.time += 1.0;
        if found == example.labels {
            return false;
        }
        let mut before = (0, 0);
        for (at, (right, wrong)) in example.labels.iter().zip(&found).enumerate() {
            if right != wrong {
                for slot in &example.slots[at] {
                    self.change(*slot as usize, *right, 1.0);
                    self.change(*slot as usize, *wrong, -1.0);
                }
            }
            if (before.0, *right) != (before.1, *wrong) {
                self.step(before.0, *right, 1.0);
                self.step(before.1, *wrong, -1.0);
            }
            before = (*right, *wrong);
        }
        true
    }

    fn change(&mut self, slot: usize, label: usize, by: f32) {
        if label > 0 {
            self.weights[slot][label - 1] += by;
            self.sums[slot][label - 1] += by * self.time;
        }
    }

    fn step(&mut self, before: usize, label: usize, by: f32) {
        self.steps[before][label] += by;
        self.step_sums[before][label] += by * self.time;
    }
}

/// The mean of the weights of several learners, each the mean over its steps.
#[derive(Default)]
struct Mean {
    steps: [[f32; LABELS]; LABELS],
    weights: Vec<[f32; LABELS - 1]>,
    learners: f32,
}

impl Mean {
    fn add(&mut self, learner: &Learner) {
        let mean = |now: f32, sum: f32| now - sum / (learner.time + 1.0);
        self.learners += 1.0;
        self.weights.resize(learner.weights.len(), [0.0; LABELS - 1]);
        let steps = learner.steps.iter().flatten().zip(learner.step_sums.iter().flatten());
        for (own, (now, sum)) in self.steps.iter_mut().flatten().zip(steps) {
            *own += mean(*now, *sum);
        }
        let weights = learner.weights.iter().flatten().zip(learner.sums.iter().flatten());
        for (own, (now, sum)) in self.weights.iter_mut().flatten().zip(weights) {
            *own += mean(*now, *sum);
        }
    }

    /// In steps of a byte.
    fn table(&self) -> Averaged {
        let exact = |weight: f32| (SCALE * weight / self.learners).round();
        let weight = |weight: f32| exact(weight).clamp(-WEIGHT_MAX, WEIGHT_MAX) as i8;
        let steps = self.steps.map(|row| row.map(|step| exact(step) as i16));
        (steps, self.weights.iter().map(|row| row.map(weight)).collect())
    }
}

/// Names of labels: begin, end, kind.
fn names(labels: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut names: Vec<(usize, usize, usize)> = Vec::new();
    for (at, label) in labels.iter().enumerate().filter(|(_, label)| **label > 0) {
        match names.last_mut() {
            Some(last) if label % 2 == 0 && last.1 == at => last.1 = at + 1,
            _ => names.push((at, at + 1, (label - 1) / 2)),
        }
    }
    names
}

/// The best labels of a run.
fn labelled(learner: &Averaged, run: &Example) -> Vec<usize> {
    let row = |slots: &Vec<u32>| {
        let mut row = [0; LABELS];
        for slot in slots {
            let weights = &learner.1[*slot as usize];
            row.iter_mut().skip(1).zip(weights).for_each(|(sum, weight)| *sum += i32::from(*weight));
        }
        row
    };
    let rows: Vec<[i32; LABELS]> = run.slots.iter().map(row).collect();
    best(&rows, &learner.0.map(|row| row.map(i32::from)))
}

fn score(learner: &Averaged, documents: &[Document]) {
    let mut counts: BTreeMap<(&str, usize), [f32; 3]> = BTreeMap::new();
    for document in documents {
        for run in &document.runs {
            let labels = labelled(learner, run);
            let (found, right) = (names(&labels), names(&run.labels));
            for name in &found {
                let count = counts.entry((&document.source, name.2)).or_default();
                count[0] += f32::from(u8::from(right.contains(name)));
                count[1] += 1.0;
            }
            right.iter().for_each(|name| counts.entry((&document.source, name.2)).or_default()[2] += 1.0);
        }
    }
    for ((source, kind), [hits, found, right]) in counts {
        let kind = ["person", "organisation", "place", "other"][kind];
        let (p, r) = (hits / found.max(1.0), hits / right.max(1.0));
        println!(
            "{source:12} {kind:12} P {p:.3} R {r:.3} F1 {:.3} of {right}",
            2.0 * p * r / (p + r).max(0.001)
        );
    }
}

fn read(path: &str, tagger: &Tagger) -> Result<Vec<Document>, Box<dyn Error>> {
    let mut documents = Vec::new();
    for line in std::io::BufReader::new(fs::File::open(path)?).lines() {
        let document: serde_json::Value = serde_json::from_str(&line?)?;
        let text = document["text"].as_str().ok_or("no text")?;
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut spans = Vec::new();
        for span in document["spans"].as_array().ok_or("no spans")? {
            let place = |at: usize| span[at].as_u64().and_then(|at| bytes.get(at as usize)).copied();
            let kind = ["PER", "ORG", "LOC", "MISC"].iter().position(|kind| span[2] == **kind);
            spans.push((place(0).ok_or("span")?, place(1).ok_or("span")?, kind.ok_or("kind")?));
        }
        let language = document["language"].as_str().unwrap_or("und");
        let runs = examples(tagger, text, language, &spans);
        documents.push(Document { source: document["source"].as_str().unwrap_or_default().to_owned(), runs });
    }
    Ok(documents)
}

/// All runs but those that a machine labelled otherwise than a table does which was learnt without
/// them: what one half of its documents teaches is asked about the other.
fn agreed(documents: &[Document]) -> Vec<&Example> {
    let mut agreed = Vec::new();
    let place: Vec<usize> = (0..documents.len()).collect();
    for half in 0..2 {
        let own = |at: &usize| documents[*at].source != MACHINE || at % 2 != half;
        let table = Learner::all(
            &place.iter().filter(|at| own(at)).flat_map(|at| &documents[*at].runs).collect::<Vec<_>>(),
        );
        for at in place.iter().filter(|at| !own(at)) {
            agreed.extend(documents[*at].runs.iter().filter(|run| labelled(&table, run) == run.labels));
        }
    }
    println!("{} runs agree", agreed.len());
    agreed.extend(
        documents.iter().filter(|document| document.source != MACHINE).flat_map(|document| &document.runs),
    );
    agreed
}

/// The source whose labels a machine made.
const MACHINE: &str = "silver";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [documents, out] = arguments.as_slice() else { return Err("usage: DOCUMENTS.jsonl OUT".into()) };
    let tagger = Tagger::builtin();
    let mut kept = Vec::new();
    let mut learnt = Vec::new();
    for (at, document) in read(documents, &tagger)?.into_iter().enumerate() {
        if at % 10 == 9 { kept.push(document) } else { learnt.push(document) }
    }
    let agreed = agreed(&learnt);
    let runs = agreed.len();
    let averaged = Learner::all(&agreed);
    score(&averaged, &kept);
    let header = format!(
        "copydesk sequence tagger 1\nfeatures {}\nruns {}, epochs {EPOCHS}, seed {SEED}\nmade by examples/train_names.rs; data, licences and figures: src/tag/sequence/README.md\n",
        fingerprint(&tagger),
        runs
    );
    fs::write(out, table(&header, &averaged.0, &averaged.1))?;
    Ok(())
}
