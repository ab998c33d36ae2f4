//! The sources as the rules look at them: modules, what each names, and how long its functions are.

#![expect(clippy::string_slice, reason = "cut at what was found in our own sources")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{files, has_extension, text};

/// A module's path in the crate: `["feed", "reader"]`.
pub type Module = Vec<String>;

/// One file of the crate.
pub struct Source {
    /// As git names it.
    pub file: PathBuf,
    /// Without the unit tests at its end.
    pub text: String,
    /// Without comments as well.
    pub code: String,
    /// Paths within the crate that it names, absolute.
    paths: Vec<Module>,
    /// Names that it passes on, and what they stand for.
    exports: BTreeMap<String, Module>,
}

/// The crate: every module that is no test.
pub struct Sources(pub BTreeMap<Module, Source>);

impl Sources {
    /// Reads `src`, without what is compiled for tests only.
    pub fn read() -> Self {
        let mut texts = BTreeMap::new();
        for file in files().into_iter().filter(|file| file.starts_with("src") && has_extension(file, &["rs"]))
        {
            let mut module: Module = file.with_extension("").iter().skip(1).map(lossy).collect();
            module.pop_if(|last| last == "mod");
            texts.insert(module, (text(&file), file));
        }
        assert!(texts.len() > 100, "the sources are not where they were");
        let tests: Vec<Module> =
            texts.iter().flat_map(|(module, (text, _))| test_modules(text, module)).collect();
        texts.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        let sources = texts.into_iter().map(|(module, (text, file))| {
            let text = text[..text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len())].to_owned();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code: String = lines.map(|line| format!("{line}\n")).collect();
            let (paths, exports) = names(&code, &module);
            (module, Source { file, text, code, paths, exports })
        });
        Self(sources.collect())
    }

    /// The modules that a module names, re-exports followed.
    pub fn imports(&self, module: &Module) -> BTreeSet<Module> {
        let paths = &self.0[module].paths;
        paths.iter().filter_map(|path| self.resolve(path, 0)).filter(|found| found != module).collect()
    }

    /// The module in which the thing at `path` stands.
    fn resolve(&self, path: &[String], depth: u32) -> Option<Module> {
        let (module, source) =
            (1..=path.len()).rev().find_map(|length| self.0.get_key_value(&path[..length]))?;
        let exported = path.get(module.len()).and_then(|name| source.exports.get(name));
        match exported {
            Some(target) if depth < 8 => self.resolve(target, depth + 1).or_else(|| Some(module.clone())),
            _ => Some(module.clone()),
        }
    }
}

fn lossy(part: &std::ffi::OsStr) -> String {
    part.to_string_lossy().into_owned()
}

/// The modules that are declared for tests only, in files of their own.
fn test_modules(text: &str, module: &Module) -> Vec<Module> {
    let parent = if *module == ["lib"] { Module::new() } else { module.clone() };
    let declared = text.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let line = rest.lines().next()?.trim_start_matches("pub(crate) ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    declared.map(|name| parent.iter().cloned().chain([name.to_owned()]).collect()).collect()
}

/// Paths that a module names: in `use` declarations, and spelled out with `crate::` or `super::`.
fn names(code: &str, module: &Module) -> (Vec<Module>, BTreeMap<String, Module>) {
    let (mut paths, mut exports) = (Vec::new(), BTreeMap::new());
    let mut rest = String::new();
    let mut open: Option<(String, bool)> = None;
    for line in code.lines() {
        let start = line.trim_start();
        let (declared, exported) = match start.split_once("use ") {
            Some((before, after)) if before.is_empty() || before.starts_with("pub") => {
                (Some(after), before.starts_with("pub"))
            }
            _ => (None, false),
        };
        match (&mut open, declared) {
            (Some((tree, _)), _) => tree.push_str(start),
            (None, Some(after)) => open = Some((after.to_owned(), exported)),
            (None, None) => {
                rest.push_str(line);
                rest.push('\n');
            }
        }
        if let Some((tree, exported)) = open.take_if(|(tree, _)| tree.ends_with(';')) {
            for path in leaves(tree.trim_end_matches(';')) {
                let path = path.split(" as ").next().unwrap_or_default().replace(' ', "");
                let Some(absolute) = absolute(&path, module, exported) else { continue };
                if exported && let Some(name) = absolute.last() {
                    exports.insert(name.clone(), absolute.clone());
                }
                paths.push(absolute);
            }
        }
    }
    for (at, _) in rest.match_indices("crate::").chain(rest.match_indices("super::")) {
        let end = rest[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        let path = rest[at..end.map_or(rest.len(), |end| at + end)].trim_end_matches(':');
        paths.extend(absolute(path, module, false));
    }
    (paths, exports)
}

/// The paths of a `use` tree, each in full.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, inner)) = tree.split_once('{') else { return vec![tree.replace("::self", "")] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match parts.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(&format!("{prefix}{}", part.trim()))).collect()
}

/// A path as it is seen from the root of the crate; none for those of other crates. What is passed
/// on may be named from the module itself.
fn absolute(path: &str, module: &Module, exported: bool) -> Option<Module> {
    let mut parts = path.split("::").peekable();
    let mut found = module.clone();
    match *parts.peek()? {
        "crate" => found.clear(),
        "self" => {}
        "super" => {
            while parts.next_if_eq(&"super").is_some() {
                found.pop();
            }
            found.extend(parts.map(str::to_owned));
            return Some(found);
        }
        _ if exported => {
            found.extend(parts.map(str::to_owned));
            return Some(found);
        }
        _ => return None,
    }
    parts.next();
    found.extend(parts.map(str::to_owned));
    Some(found)
}

/// The functions in rustfmt's output, with their lengths in lines.
pub fn functions(code: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some((before, after)) = line.split_once("fn ") else { continue };
        let qualifiers = ["pub", "async", "const", "unsafe"];
        let declares =
            before.split_whitespace().all(|word| qualifiers.contains(&word) || word.starts_with("pub("));
        if !declares || line.ends_with(['}', ';']) {
            continue;
        }
        let indent = &line[..line.len() - line.trim_start().len()];
        let (body, bare) = (format!("{indent}}}"), format!("{indent})"));
        // A declaration without a body ends with its parameters.
        let end = lines[start..]
            .iter()
            .position(|line| *line == body || line.starts_with(&bare) && line.ends_with(';'));
        let name = after.split(['(', '<']).next().unwrap_or_default();
        found.extend(end.map(|end| (name.to_owned(), end + 1)));
    }
    found
}

#[test]
fn use_trees_and_functions_are_read_as_written() {
    assert_eq!(leaves("crate::{a::{self, B}, c}"), ["crate::a", "crate::a::B", "crate::c"]);
    let module = ["feed".to_owned(), "reader".to_owned()].to_vec();
    let code = "use super::{\n    tags::{Tag, tag_at},\n};\npub use self::inner::Thing;\nuse url::Url;\nlet x = crate::site::site(y);\n";
    let (paths, exports) = names(code, &module);
    let paths: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["feed::tags::Tag", "feed::tags::tag_at", "feed::reader::inner::Thing", "site::site"]);
    assert_eq!(exports["Thing"].join("::"), "feed::reader::inner::Thing");
    let code = "trait T {\n    fn a(\n        b: u8,\n    ) -> u8;\n    pub(super) async fn c() {\n        d();\n    }\n    fn e() {}\n}\n";
    assert_eq!(functions(code), [("a".to_owned(), 3), ("c".to_owned(), 3)]);
}
