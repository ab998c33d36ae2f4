//! The consumers in Python, Go, Java, Node and Rust.

use std::{fs, path::PathBuf, process::Command, thread};

use super::{Record, Stage, Value, broker, later, python, recipes, root, said};

#[test]
fn the_consumer_in_python_goes_on_where_it_was() {
    let stage = Stage::new("consumer");
    let consumer = recipes().join("python/consumer.py").display().to_string();
    let topic = stage.setup.articles();
    let run = |until: &str| {
        let arguments = [
            consumer.as_str(),
            "--bootstrap",
            broker::servers(),
            "--topic",
            &topic,
            "--until",
            until,
            "news.sqlite",
        ];
        python(&stage.folder(), "", &arguments)
    };
    run("3");
    let query = "import json, sqlite3\n\
        d = sqlite3.connect('news.sqlite')\n\
        print(json.dumps([d.execute('SELECT id, revision, title, record FROM articles ORDER BY id').fetchall(),\n\
        d.execute('SELECT count(*) FROM places').fetchone()[0]]))";
    let found: Value = serde_json::from_str(&python(&stage.folder(), "", &["-c", query])).expect("JSON");
    for (row, record) in found[0].as_array().expect("rows").iter().zip(stage.latest()) {
        assert_eq!(row[0], record.key.as_str());
        assert_eq!(row[2], record.text("/title"));
        let revisions = stage.records.iter().filter(|other| other.key == record.key).count() as u64;
        assert!(row[1].as_u64().is_some_and(|revision| (1..=revisions).contains(&revision)), "{row}");
    }
    assert_eq!(found[0].as_array().map(Vec::len), Some(3));
    assert!(found[1].as_u64().is_some_and(|places| places >= 1), "{found}");
    // What lies before its place is not read again: with an article missing it waits for ever.
    let again = "import sqlite3, subprocess, sys\n\
        d = sqlite3.connect('news.sqlite')\n\
        with d: d.execute('DELETE FROM articles WHERE id = (SELECT min(id) FROM articles)')\n\
        d.close()\n\
        try: subprocess.run([sys.executable, *sys.argv[1:]], timeout=8); print('read again')\n\
        except subprocess.TimeoutExpired: print('waits')";
    let servers = broker::servers();
    let arguments =
        ["-c", again, &consumer, "--bootstrap", servers, "--topic", &topic, "--until", "3", "news.sqlite"];
    assert_eq!(python(&stage.folder(), "", &arguments).trim(), "waits");
}

/// A consumer that keeps files, and how it is started.
struct Client {
    language: String,
    words: Vec<String>,
}

/// Those that this machine can run; of the others `tests/recipes/clients` says that they are not checked.
fn clients() -> Vec<Client> {
    let output = Command::new(root().join("tests/recipes/clients")).output().expect("it runs");
    print!("{}", String::from_utf8_lossy(&output.stderr));
    let mut clients: Vec<Client> = said(&output)
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(language, words)| Client {
            language: language.to_owned(),
            words: words.split('\t').map(str::to_owned).collect(),
        })
        .collect();
    let built = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--locked", "--quiet", "--example", "consumer", "--message-format", "json"])
        .output()
        .expect("cargo runs");
    let messages = said(&built);
    let program = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| Some(message["executable"].as_str()?.to_owned()))
        .expect("the example");
    clients.push(Client { language: "rust".into(), words: vec![program] });
    clients
}

impl Client {
    /// Its exit code and what it says on standard error.
    fn run(&self, stage: &Stage, topic: &str, until: usize) -> (Option<i32>, String) {
        let (program, arguments) = self.words.split_first().expect("a program");
        // One that waits for what does not come ends with code 124.
        let output = Command::new("timeout")
            .args(["150", program])
            .args(arguments)
            .arg(self.folder(stage))
            .env("BOOTSTRAP_SERVERS", broker::servers())
            .env("TOPIC", topic)
            .env("GROUP", self.group(topic))
            .env("UNTIL", until.to_string())
            .output()
            .expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn folder(&self, stage: &Stage) -> PathBuf {
        stage.folder().join(&self.language)
    }

    fn group(&self, topic: &str) -> String {
        format!("{topic}.{}", self.language)
    }

    /// The articles it keeps, by id.
    fn kept(&self, stage: &Stage) -> Vec<(String, Value)> {
        let entries = fs::read_dir(self.folder(stage)).expect("a folder").flatten().map(|entry| entry.path());
        let mut kept: Vec<(String, Value)> = entries
            .map(|path| {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("readable");
                (name, serde_json::from_str(&text).expect("JSON"))
            })
            .collect();
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        kept
    }
}

/// Runs all of them at once.
fn run(clients: &[Client], stage: &Stage, topic: &str, until: usize) -> Vec<(Option<i32>, String)> {
    thread::scope(|scope| {
        let started: Vec<_> =
            clients.iter().map(|client| scope.spawn(|| client.run(stage, topic, until))).collect();
        started.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    })
}

#[test]
fn consumers_keep_what_is_committed_and_go_on_where_they_were() {
    let (clients, stage) = (clients(), Stage::new("clients"));
    let topic = stage.setup.articles();
    let run_well = |until: usize| {
        for (client, (code, errors)) in clients.iter().zip(run(&clients, &stage, &topic, until)) {
            assert_eq!(code, Some(0), "{}: {errors}", client.language);
        }
    };
    run_well(3);
    let latest = stage.latest();
    for client in &clients {
        keeps(client, &stage, &latest);
    }

    let (gone, left) = latest.split_first().expect("three");
    later(&stage, gone);
    run_well(2);
    for client in &clients {
        keeps(client, &stage, left);
    }
    places_are_behind(&clients, &stage, gone);

    for (client, (code, errors)) in clients.iter().zip(run(&clients, &stage, &broker::prefix("none"), 1)) {
        assert_eq!(code, Some(69), "{}: {errors}", client.language);
        assert!(errors.contains("copydesk topics --create"), "{}: {errors}", client.language);
    }
}

/// A file for each of the articles, with one of its revisions, and no other file.
fn keeps(client: &Client, stage: &Stage, articles: &[&Record]) {
    let (kept, language) = (client.kept(stage), &client.language);
    let wanted: Vec<String> = articles.iter().map(|record| format!("{}.json", record.key)).collect();
    assert_eq!(
        kept.iter().map(|(file, _)| file).collect::<Vec<_>>(),
        wanted.iter().collect::<Vec<_>>(),
        "{language}"
    );
    for ((file, article), record) in kept.iter().zip(articles) {
        let written = stage.records.iter().any(|other| other.key == record.key && other.value == *article);
        assert!(written, "{language}: {article} is no revision of {file}");
    }
}

/// No group reads again what it has kept; in the partition of `gone` the last thing was its tombstone.
fn places_are_behind(clients: &[Client], stage: &Stage, gone: &Record) {
    let topic = stage.setup.articles();
    let groups: Vec<String> = clients.iter().map(|client| client.group(&topic)).collect();
    let script = root().join("tests/recipes/later.py").display().to_string();
    let mut arguments = vec![script.as_str(), broker::servers(), &topic, "--places"];
    arguments.extend(groups.iter().map(String::as_str));
    let places: Value =
        serde_json::from_str(&python(&stage.folder(), "", &arguments)).expect("places as JSON");
    for group in &groups {
        let place = |partition: i32| places[group][partition.to_string()].as_i64().expect("a place");
        for record in stage.records.iter().filter(|record| record.partition == gone.partition) {
            assert!(place(record.partition) > record.offset, "{group}: {places}");
        }
    }
    assert!(!groups.is_empty());
}
