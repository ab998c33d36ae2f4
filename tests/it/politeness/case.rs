//! The form of a case, and how its files are read.

use std::{collections::BTreeMap, ops::RangeInclusive, path::Path, time::Duration};

use copydesk::yaml::{self, Node, Value};
use serde::Deserialize;
use serde_json::Value as Json;

/// One check.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Of the list of checks; never given to another one.
    pub id: String,
    /// What has to be.
    pub check: String,
    /// Why it is otherwise here. The steps then show what it is.
    #[serde(default)]
    pub differs: Option<String>,
    /// What there is not yet. Such a check counts as failed, and runs no step.
    #[serde(default)]
    pub missing: Option<String>,
    /// Tests elsewhere that show it, by the names of their functions.
    #[serde(default)]
    pub shown_by: Vec<String>,
    /// What `http` holds beside what all cases have.
    #[serde(default)]
    pub http: BTreeMap<String, Json>,
    /// What `websub` holds beside what all cases have; without it hubs are not asked.
    #[serde(default)]
    pub websub: Option<BTreeMap<String, Json>>,
    /// The feeds as configured; one at `http://news.example/feed` where there are none.
    #[serde(default)]
    pub feeds: Vec<BTreeMap<String, Json>>,
    /// Answers of the web by address without scheme, or by path on `news.example`: one for each
    /// request, the last for all that follow.
    #[serde(default)]
    pub answers: BTreeMap<String, Vec<Answer>>,
    /// What is done and expected, in turn.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// What is sent for a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    pub status: Option<u16>,
    /// Characters are bytes: U+0000 to U+00FF.
    pub headers: BTreeMap<String, String>,
    /// RSS with these entries.
    pub items: Option<Vec<u32>>,
    /// Elements of the channel before the entries.
    pub channel: String,
    pub body: Option<String>,
    /// In place of `body`, for bytes.
    pub base64: Option<String>,
    /// `gzip`, `zlib`, `deflate`, `zstd`: how the body is encoded.
    pub coding: Option<String>,
    /// 304 where the request's validators are the answer's.
    pub honest: bool,
    /// 304 where the request has any validators.
    pub lies: bool,
    /// Only so many bytes of the body are sent, and the connection is closed.
    pub cut: Option<usize>,
    /// Nothing is sent, and the connection stays open.
    pub hang: bool,
    /// The connection is closed without a word.
    pub reset: bool,
}

/// What is done, or expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Step {
    /// Time passes until so many polls have ended.
    Polls(usize),
    /// Time passes.
    Run(String),
    /// The machine sleeps: time passes, and nothing is done.
    Sleep(String),
    /// The web answers otherwise from now on.
    Answers(BTreeMap<String, Vec<Answer>>),
    /// Other feeds, by a reload.
    Reload(Vec<BTreeMap<String, Json>>),
    /// The daemon ends and starts again.
    Restart(Ending),
    /// So many commits fail from now on.
    Lose(usize),
    /// A hub that was asked for a subscription, the last one, does something.
    Hub(Hub),
    /// Fields of the form that a hub was sent last.
    Posted(BTreeMap<String, String>),
    /// All requests since the last such step, in their order.
    Asked(Vec<Asked>),
    /// How many there were since the last such step: a range.
    AskedTimes(BTreeMap<String, String>),
    /// No two requests for one address were closer since the last such step.
    Apart(String),
    /// No two requests at all were closer.
    Spaced(String),
    /// So many requests had no validators since the last such step.
    Plain(usize),
    /// How many connections were opened, all in all.
    Connections(String),
    /// Articles published since the last such step.
    Published(usize),
    /// Values of the first feed's state, by JSON pointer.
    State(BTreeMap<String, Json>),
    /// When the first feed is due, counted from now: a range.
    Due(String),
    /// The log has this line since the start.
    Said(String),
    /// Samples of the metrics.
    Metric(BTreeMap<String, String>),
}

/// How a daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// In order.
    Stop,
    /// `kill -9`.
    Kill,
}

/// What a hub does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Hub {
    /// Asks whether it was asked.
    Asks(Question),
    /// Delivers a document.
    Delivers(Delivery),
}

/// A question of a hub; what is left out is as it should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Question {
    pub mode: Option<String>,
    pub topic: Option<String>,
    /// A duration.
    pub lease: Option<String>,
    pub reason: Option<String>,
    /// The last character of the address is another.
    pub guessed: bool,
    /// What is answered: 200 where it is left out, and the challenge with it.
    pub status: Option<u16>,
}

/// A delivery of a hub.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// RSS with these entries.
    pub items: Vec<u32>,
    /// In place of `items`.
    pub body: Option<String>,
    /// How it is signed: `sha1`, `sha256`, `sha384`, `sha512`, `not`, or with a secret that nobody gave: `badly`.
    pub signed: Option<String>,
    pub guessed: bool,
    /// What is answered: 202 where it is left out.
    pub status: Option<u16>,
    /// How often it comes, one after the other.
    pub times: Option<usize>,
}

/// An expected request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Address without scheme, or the path on `news.example`.
    pub path: String,
    /// Headers with their values.
    #[serde(default)]
    pub has: BTreeMap<String, String>,
    /// Headers that are not there.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Time since the request before: a range.
    #[serde(default)]
    pub after: Option<String>,
}

/// An address without scheme, of what may be only a path.
pub fn address(path: &str) -> String {
    if path.starts_with('/') { format!("news.example{path}") } else { path.to_owned() }
}

/// The cases of all files under `tests/politeness`, in the order of their names.
pub fn all(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    files.iter().flat_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Vec<Case> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).expect("readable");
    let root = yaml::parse(&name, &text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let Value::Sequence(cases) = &root.value else { panic!("{name}: a list of cases") };
    let case = |node: &Node| {
        serde_json::from_value(json(node)).unwrap_or_else(|error| panic!("{}: {error}", node.place))
    };
    cases.iter().map(case).collect()
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar { text, plain: true } => serde_json::from_str(text)
            .ok()
            .filter(|value: &Json| !value.is_object())
            .unwrap_or_else(|| text.as_str().into()),
        Value::Scalar { text, plain: false } => text.as_str().into(),
        Value::Sequence(items) => items.iter().map(json).collect(),
        Value::Mapping(pairs) => pairs.iter().map(|(key, node)| (key.name.clone(), json(node))).collect(),
    }
}

/// `90s`, `15m`, `4h`, `30d`, `1h30m`.
pub fn duration(text: &str) -> Duration {
    let mut total = 0.0;
    let mut number = String::new();
    for c in text.chars() {
        let unit = match c {
            's' => 1.0,
            'm' => 60.0,
            'h' => 3600.0,
            'd' => 86_400.0,
            _ => {
                number.push(c);
                continue;
            }
        };
        total += unit * number.parse::<f64>().unwrap_or_else(|_| panic!("{text}: a duration"));
        number.clear();
    }
    assert!(number.is_empty(), "{text}: a unit at the end");
    Duration::from_secs_f64(total)
}

/// `4h..5h`, `4h..`, `..5h`.
pub fn durations(text: &str) -> RangeInclusive<Duration> {
    let (from, to) = text.split_once("..").unwrap_or_else(|| panic!("{text}: a range"));
    let end = |text: &str, otherwise| if text.is_empty() { otherwise } else { duration(text) };
    end(from, Duration::ZERO)..=end(to, Duration::MAX)
}

/// `3`, `1..4`, `..2`.
pub fn counts(text: &str) -> RangeInclusive<usize> {
    let end =
        |text: &str, otherwise| if text.is_empty() { otherwise } else { text.parse().expect("a number") };
    match text.split_once("..") {
        Some((from, to)) => end(from, 0)..=end(to, usize::MAX),
        None => end(text, 0)..=end(text, 0),
    }
}
