//! The files: which are read, in which order, and what one run reports.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Config, decode, feeds, lint, refer,
    yaml::{self, Decoder, Node, Place, Problem},
};

/// Largest file that is read: 100,000 feeds take about 10 MB.
const FILE_MAX: u64 = 64 << 20;

/// A configuration that holds together.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What is allowed but better not done (`check --lint`), in the order of the files.
    pub findings: Vec<Problem>,
    /// The files that were read or are named: a change in any of them is a change of this.
    pub files: Vec<PathBuf>,
}

/// A feed that an OPML file names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutlineFeed {
    /// Address (`xmlUrl`).
    pub url: String,
    /// Title, where there is one.
    pub title: Option<String>,
    /// Tags: the folders it lies in.
    pub tags: Vec<String>,
}

/// Reads and checks the configuration in `path` with everything that it includes. `env` looks up
/// environment variables.
///
/// # Errors
/// Every problem of every file.
pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Loaded, Vec<Problem>> {
    let (loaded, problems) = inspect(path, env);
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// As [`load`], but gives also what could be read of a configuration with problems: for checking
/// its rule files in the same run. Never start from it where there are problems.
pub fn inspect(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> (Loaded, Vec<Problem>) {
    let mut reader = Reader {
        decoder: Decoder::default(),
        findings: Vec::new(),
        files: Vec::new(),
        directory: path.parent().unwrap_or(Path::new("")).to_owned(),
        env,
        top: Place { file: Arc::from(path.display().to_string()), line: 1, column: 1 },
    };
    let mut config = Config::default();
    if let Some(root) = reader.yaml(path, None) {
        config = decode::config(&mut reader, &root);
        config.feeds = feeds::feeds(&mut reader, &root);
        lint::lint(&mut reader, &config, &root);
    }
    reader.finish(config)
}

/// What reading needs at hand, and what it has found.
pub(super) struct Reader<'e> {
    /// Decodes values and keeps the problems.
    pub decoder: Decoder,
    /// Lint findings.
    pub findings: Vec<Problem>,
    /// Files read or named so far.
    pub files: Vec<PathBuf>,
    /// Directory of the configuration file: paths are relative to it.
    pub directory: PathBuf,
    /// Looks up environment variables.
    pub env: &'e dyn Fn(&str) -> Option<String>,
    /// Start of the configuration file, for what has no place of its own.
    pub top: Place,
}

impl Reader<'_> {
    /// Tells a finding at `node`.
    pub fn finding(&mut self, node: &Node, message: impl Into<String>) {
        self.findings.push(Problem {
            place: node.place.clone(),
            path: node.path.clone(),
            message: message.into(),
        });
    }

    /// Tells a secret that stands in the file itself at `node`, and once a file that everyone may
    /// read it.
    pub fn clear_secret(&mut self, node: &Node) {
        let file = node.place.file.clone();
        let open = std::fs::metadata(&*file).is_ok_and(|metadata| refer::open_to_all(&metadata));
        let message = "holds a secret and can be read by everyone; write `chmod 0640` or stricter";
        let top = Place { file, line: 1, column: 1 };
        if open && !self.findings.iter().any(|known| known.place == top && known.message == message) {
            self.findings.push(Problem { place: top, path: String::new(), message: message.into() });
        }
        self.finding(node, "is a secret in clear; write `${env:NAME}` or `${file:/path}` for it");
    }

    /// Reads a file as text; `named` is the value that names it.
    pub fn text(&mut self, path: &Path, named: Option<&Node>) -> Option<String> {
        self.files.push(path.to_owned());
        match read_text(path) {
            Ok(text) => Some(text),
            Err(error) => {
                match named {
                    Some(node) => {
                        self.decoder
                            .tell(node, format!("{} cannot be read: {error}", node.shown(path.display())));
                    }
                    None => self.decoder.problems.push(Problem {
                        place: self.top.clone(),
                        path: String::new(),
                        message: format!(
                            "cannot be read: {error}; name the configuration file with --config FILE"
                        ),
                    }),
                }
                None
            }
        }
    }

    /// Reads a file as YAML with its references replaced.
    pub fn yaml(&mut self, path: &Path, named: Option<&Node>) -> Option<Node> {
        let text = self.text(path, named)?;
        let (mut root, problems) = yaml::read(&path.display().to_string(), &text);
        self.decoder.problems.extend(problems);
        if let Some(root) = &mut root {
            refer::resolve(self, root);
        }
        root
    }

    /// The files that the globs in `node` match, each with the value that names it, sorted within
    /// each glob. A name without `*`, `?` or `[` has to exist; a glob without a match is a finding.
    pub fn globs<'n>(&mut self, node: &'n Node) -> Vec<(PathBuf, &'n Node)> {
        let mut out: Vec<(PathBuf, &Node)> = Vec::new();
        for item in self.decoder.items(node) {
            let Some(text) = self.decoder.text(item) else { continue };
            let path = self.directory.join(text);
            if !text.contains(['*', '?', '[']) {
                if path.is_file() {
                    out.push((path, item));
                } else {
                    self.decoder.tell(item, format!("no such file: {}", item.shown(path.display())));
                }
                continue;
            }
            let base = glob::Pattern::escape(&self.directory.display().to_string());
            let pattern = Path::new(&base).join(text).display().to_string();
            match glob::glob(&pattern) {
                Ok(paths) => {
                    let before = out.len();
                    let files = paths.filter_map(Result::ok).filter(|path| path.is_file());
                    out.extend(files.map(|path| (path, item)));
                    if out.len() == before {
                        self.finding(item, format!("`{}` matches no file", item.shown(text)));
                    }
                }
                Err(error) => {
                    let message = format!("`{}` is not a glob: {}", item.shown(text), error.msg);
                    self.decoder.tell(item, message);
                }
            }
        }
        let mut seen = HashSet::new();
        out.retain(|(path, _)| seen.insert(path.clone()));
        out
    }

    fn finish(self, config: Config) -> (Loaded, Vec<Problem>) {
        let order: HashMap<String, usize> =
            self.files.iter().enumerate().map(|(i, file)| (file.display().to_string(), i)).collect();
        let key = |problem: &Problem| {
            let place = &problem.place;
            (order.get(&*place.file).copied().unwrap_or(usize::MAX), place.line, place.column)
        };
        let (mut problems, mut findings) = (self.decoder.problems, self.findings);
        problems.sort_by_key(key);
        findings.sort_by_key(key);
        (Loaded { config, findings, files: self.files }, problems)
    }
}

fn read_text(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(FILE_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_MAX {
        return Err(std::io::Error::other(format!("larger than {FILE_MAX} bytes; divide it")));
    }
    Ok(text)
}
