//! What reading the files needs, and what it finds.

use std::{
    collections::HashSet,
    io::Read,
    path::{Path, PathBuf},
};

use crate::yaml::{Decoder, Node, Place, Problem};

/// Largest file that is read: 100,000 feeds take about 10 MB.
const FILE_MAX: u64 = 64 << 20;

/// What reading needs, and what it has found.
pub(super) struct Reader<'e> {
    /// Decodes values and keeps the problems.
    pub decoder: Decoder,
    /// Lint findings.
    pub findings: Vec<Problem>,
    /// Feeds of OPML files that were left out.
    pub left_out: Vec<Problem>,
    /// Files read or named so far.
    pub files: Vec<PathBuf>,
    /// Globs so far, with their folder.
    pub globs: Vec<String>,
    /// Directory of the configuration file: paths are relative to it.
    pub directory: PathBuf,
    /// Looks up environment variables.
    pub env: &'e dyn Fn(&str) -> Option<String>,
    /// Where each of `kafka.properties` stands: the place of its value, and its path.
    pub properties: Vec<(Place, String)>,
    /// Start of the configuration file, for problems that have no place of their own.
    pub top: Place,
}

impl Reader<'_> {
    /// Reports a finding at `node`.
    pub fn finding(&mut self, node: &Node, message: impl Into<String>) {
        self.findings.push(Problem {
            place: node.place.clone(),
            path: node.path.clone(),
            message: message.into(),
        });
    }

    /// Reports a secret that stands in the file itself at `node`, and once per run that everyone
    /// may read the file.
    pub fn clear_secret(&mut self, node: &Node) {
        let file = node.place.file.clone();
        let open = std::fs::metadata(&*file).is_ok_and(|metadata| open_to_all(&metadata));
        let message = "holds a secret and can be read by everyone; write `chmod 0640` or stricter";
        let top = Place { file, line: 1, column: 1 };
        if open && !self.findings.iter().any(|known| known.place == top && known.message == message) {
            self.findings.push(Problem { place: top, path: String::new(), message: message.into() });
        }
        self.finding(node, "is a secret in plain text; write `${env:NAME}` or `${file:/path}` for it");
    }

    /// Reads a file as text; `named` is the value that names it.
    pub fn text(&mut self, path: &Path, named: Option<&Node>) -> Option<String> {
        self.file(path, named, |bytes| String::from_utf8(bytes).map_err(std::io::Error::other))
    }

    /// Reads a file as bytes, for formats that declare their own encoding.
    pub fn bytes(&mut self, path: &Path, named: Option<&Node>) -> Option<Vec<u8>> {
        self.file(path, named, Ok)
    }

    fn file<T>(
        &mut self,
        path: &Path,
        named: Option<&Node>,
        decode: impl Fn(Vec<u8>) -> std::io::Result<T>,
    ) -> Option<T> {
        self.files.push(path.to_owned());
        match read_file(path).and_then(decode) {
            Ok(content) => Some(content),
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
                    // It may come to be there.
                    self.files.push(path.clone());
                    self.decoder.tell(item, format!("no such file: {}", item.shown(path.display())));
                }
                continue;
            }
            let base = glob::Pattern::escape(&self.directory.display().to_string());
            let pattern = Path::new(&base).join(text).display().to_string();
            self.globs.push(pattern.clone());
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
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(std::io::Error::other(format!("larger than {FILE_MAX} bytes; split it")));
    }
    Ok(bytes)
}

/// Whether anyone besides owner and group may read the file.
pub(super) fn open_to_all(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o004 != 0
}
