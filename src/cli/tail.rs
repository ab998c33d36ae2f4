//! `copydesk tail`.

use std::{io::Write, path::Path, time::Duration};

use super::{
    Exit, Failure, Outcome,
    view::terminal::{self, Style},
};
use crate::{
    config::{Kafka, UsageCondition, UsageWanted},
    publish::{
        ReadError, Reader, Start, ninjs,
        reader::{Received, Value},
        record::ArticleRecord,
        registry::schemas,
    },
    rights::Use,
};

/// How long a broker may take to answer at the start.
const WAIT: Duration = Duration::from_secs(10);

/// Show articles as they come out of Kafka.
#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Topic to read; by default that of the articles. The topic of dead letters may be named too.
    #[arg(long)]
    topic: Option<String>,
    /// Begin with the oldest record instead of new ones only.
    #[arg(long)]
    from_beginning: bool,
    /// One JSON object per line, as it stands in Kafka; articles in another format as the same JSON.
    #[arg(long)]
    json: bool,
    /// How articles are shown: for people, as JSON, or as items of IPTC ninjs 3.1, one a line.
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<View>,
    /// Only articles with one of these tags; a trailing `*` stands for any ending.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only articles in one of these languages, such as `en` or `pt-BR`.
    #[arg(long = "language", value_name = "CODE")]
    languages: Vec<String>,
    /// Only articles of this story, including those published under an id that has since been
    /// merged into it.
    #[arg(long, value_name = "ID")]
    story: Option<String>,
    /// Only articles whose publisher says this about a use: `train-ai=allowed` if it is expressly allowed,
    /// `train-ai=not_disallowed` if it is not reserved. Uses are train-ai, ai-input and search.
    #[arg(long = "usage", value_name = "USE=WANTED", value_parser = usage_condition)]
    usage: Vec<UsageCondition>,
    /// Only what came from this feed.
    #[arg(long)]
    feed: Option<String>,
    /// Stop after this many records.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Brokers, `host:port,...`, instead of those of the configuration, which is then not read.
    #[arg(long, value_name = "BROKERS")]
    brokers: Option<String>,
}

/// How articles are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum View {
    Text,
    Json,
    Ninjs,
}

pub(super) fn execute(config: &Path, args: Args) -> Outcome {
    let (kafka, articles) = match &args.brokers {
        Some(brokers) => {
            let brokers = brokers.split(',').map(|broker| broker.trim().to_owned()).collect();
            let topics = crate::config::Topics::default();
            (Kafka { brokers, ..Kafka::default() }, topics.articles)
        }
        None => configured(config)?,
    };
    let topic = args.topic.clone().unwrap_or(articles);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(follow(&kafka, &topic, &args))
}

/// Kafka and the topic of the articles, from the configuration file.
fn configured(config: &Path) -> Result<(Kafka, String), Failure> {
    let config = super::check::load(config)?.config;
    if config.kafka.embedded {
        let message = "kafka.embedded lives inside the daemon's process; give its address with --brokers";
        return Err(Failure::new(Exit::Usage, message));
    }
    Ok((config.kafka, config.topics.articles))
}

async fn follow(kafka: &Kafka, topic: &str, args: &Args) -> Outcome {
    let start = if args.from_beginning { Start::Beginning } else { Start::End };
    let reader = Reader::open(kafka, topic, start, WAIT).await.map_err(unavailable)?;
    let schemas = schemas(kafka, topic).await;
    let style = Style::of_stdout();
    let view = args.format.unwrap_or(if args.json { View::Json } else { View::Text });
    let mut left = args.count.unwrap_or(u64::MAX);
    while left > 0 {
        let received = tokio::select! {
            received = reader.next() => received.map_err(unavailable)?,
            _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
        };
        let value = received.decode(&schemas);
        if !wanted(&value, args) {
            continue;
        }
        let shown = match (view, &value) {
            (View::Text, _) => draw(&received, &value, style).into_bytes(),
            (View::Ninjs, Value::Article(article)) => format!("{}\n", ninjs(article)).into_bytes(),
            (View::Ninjs, _) if !received.is_ninjs() => continue,
            (View::Json, Value::Article(article)) if received.is_framed() => {
                [article.to_json(), vec![b'\n']].concat()
            }
            (View::Json | View::Ninjs, _) => [received.line(), vec![b'\n']].concat(),
        };
        if show(&shown)? == Shown::NobodyReads {
            return Ok(Exit::Done);
        }
        left -= 1;
    }
    Ok(Exit::Done)
}

fn unavailable(error: ReadError) -> Failure {
    Failure::new(Exit::Unavailable, error.to_string())
}

/// Whether anybody still reads what is printed.
#[derive(PartialEq, Eq)]
pub(super) enum Shown {
    /// Written.
    Yes,
    /// The other end of the pipe is closed: a reason to end, not a failure.
    NobodyReads,
}

/// Writes to standard output without buffering.
pub(super) fn show(bytes: &[u8]) -> Result<Shown, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(Shown::Yes),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Shown::NobodyReads),
        Err(error) => Err(error.into()),
    }
}

fn wanted(value: &Value, args: &Args) -> bool {
    let feed = |name: &str| args.feed.as_deref().is_none_or(|wanted| wanted == name);
    let anything =
        args.tags.is_empty() && args.languages.is_empty() && args.story.is_none() && args.usage.is_empty();
    match value {
        Value::Article(article) => {
            feed(&article.feed.name)
                && tagged(article, &args.tags)
                && article.is_in(&args.languages)
                && args.story.as_deref().is_none_or(|story| of_story(article, story))
                && args.usage.iter().all(|wanted| wanted.holds_for(article.usage_of(wanted.of)))
        }
        Value::DeadLetter(letter) => feed(&letter.feed.name) && anything,
        Value::Tombstone | Value::Foreign(_) => args.feed.is_none() && anything,
    }
}

/// `train-ai=allowed`.
fn usage_condition(text: &str) -> Result<UsageCondition, String> {
    let (of, wanted) = text.split_once('=').unwrap_or((text, ""));
    let of = Use::ALL.into_iter().find(|known| known.as_str() == of);
    let of = of.ok_or("the uses are train-ai, ai-input and search")?;
    let wanted = UsageWanted::CHOICES.into_iter().find(|(word, _)| *word == wanted);
    let (_, wanted) = wanted.ok_or("write `allowed` or `not_disallowed` after the `=`")?;
    Ok(UsageCondition { of, wanted })
}

fn of_story(article: &ArticleRecord, wanted: &str) -> bool {
    article.story.id == wanted || article.story.merged.iter().any(|merged| merged == wanted)
}

/// Whether `article` carries one of `wanted`; an empty list wants everything.
fn tagged(article: &ArticleRecord, wanted: &[String]) -> bool {
    wanted.is_empty() || article.tags.iter().any(|tag| wanted.iter().any(|wanted| tag.matches(wanted)))
}

/// Draws a record of any kind.
pub(super) fn draw(received: &Received, value: &Value, style: Style) -> String {
    let place = || format!("partition {} offset {}", received.partition, received.offset);
    let key = || crate::preview::text::clean(&String::from_utf8_lossy(&received.key));
    match value {
        Value::Article(article) => terminal::article(article, style),
        Value::DeadLetter(letter) => terminal::dead_letter(letter, style),
        Value::Tombstone => format!("tombstone: article {} is gone ({})\n\n", key(), place()),
        Value::Foreign(why) => format!("not a record of copydesk: {why} (key {}, {})\n\n", key(), place()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::{Schemas, record::Story, tests::golden};

    #[test]
    fn tags_and_feeds_select() {
        let article = Value::Article(Box::new(golden()));
        let args = |tags: &[&str], feed: Option<&str>| Args {
            topic: None,
            from_beginning: false,
            json: false,
            format: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            languages: Vec::new(),
            story: None,
            usage: Vec::new(),
            feed: feed.map(str::to_owned),
            count: None,
            brokers: None,
        };
        for (tags, feed, expected) in [
            (&[][..], None, true),
            (&["place/NO"], None, true),
            (&["place/N"], None, false),
            (&["place/*"], None, true),
            (&["place/SE", "category/transport"], None, true),
            (&[], Some("harbour-courier"), true),
            (&["place/NO"], Some("other"), false),
        ] {
            assert_eq!(wanted(&article, &args(tags, feed)), expected, "{tags:?} {feed:?}");
        }
        assert!(!wanted(&Value::Tombstone, &args(&["place/NO"], None)));
    }

    #[test]
    fn languages_and_stories_select() {
        let mut record = golden();
        record.language.code = "en".into();
        record.story = Story { id: "s1".into(), merged: vec!["s0".into()], ..Story::default() };
        let article = Value::Article(Box::new(record));
        let args = |languages: &[&str], story: Option<&str>| Args {
            languages: languages.iter().map(|code| (*code).to_owned()).collect(),
            story: story.map(str::to_owned),
            ..Args::default()
        };
        for (languages, story, expected) in [
            (&["en"][..], None, true),
            (&["de", "en-GB"], None, false),
            (&["de"], Some("s1"), false),
            (&[], Some("s1"), true),
            (&[], Some("s0"), true),
            (&[], Some("s2"), false),
        ] {
            assert_eq!(wanted(&article, &args(languages, story)), expected, "{languages:?} {story:?}");
        }
        assert!(!wanted(&Value::Tombstone, &args(&["en"], None)));
    }

    #[test]
    fn usage_selects() {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: Args,
        }
        let parse = |text: &str| Line::try_parse_from(["tail", "--usage", text]);
        let article = |preference: &str| {
            let mut record = golden();
            let rights = record.rights.get_or_insert_default();
            rights.usage.train_ai = preference.to_owned();
            Value::Article(Box::new(record))
        };
        for (condition, allowed, unknown, disallowed) in
            [("train-ai=allowed", true, false, false), ("train-ai=not_disallowed", true, true, false)]
        {
            let args = parse(condition).unwrap_or_else(|error| panic!("{error}")).args;
            for (preference, expected) in
                [("allowed", allowed), ("unknown", unknown), ("disallowed", disallowed)]
            {
                assert_eq!(wanted(&article(preference), &args), expected, "{condition} {preference}");
            }
            assert!(!wanted(&Value::Tombstone, &args));
        }
        for bad in ["train-ai", "train-ai=yes", "walking=allowed", "=allowed"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_ours_is_named_without_its_control_characters() {
        let received =
            Received { key: b"k\x1b[2J".to_vec(), value: Some(b"{}".to_vec()), ..Received::default() };
        let drawn =
            draw(&received, &received.decode(&Schemas::default()), Style { colour: false, width: 80 });
        assert!(drawn.starts_with("not a record of copydesk: missing field"), "{drawn}");
        assert!(!drawn.contains('\x1b'));
    }
}
