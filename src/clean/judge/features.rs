//! What the trees know about a block: its look, its place, its neighbours.
//!
//! Each feature is named where its value is made. The names are in the model's header, in the order
//! it was trained with.

use std::collections::HashSet;

use crate::clean::{
    alike::Alike,
    layout::{Layout, Line},
};

/// Neighbours on each side.
const NEAR: usize = 3;
/// Value for the missing neighbour of a block at either end of the article.
const ABSENT: f32 = -9.0;

/// What is known about an article, shared by all of its blocks.
pub(super) struct Article<'l, 'd> {
    layout: &'l Layout<'d>,
    alike: &'l [Alike],
    title: HashSet<&'l str>,
    weight: f32,
    /// Weight of the blocks before each one.
    before: Vec<usize>,
    /// By block: the last paragraph of prose before it, the next one after it.
    prose: Vec<(Option<usize>, Option<usize>)>,
    mean: Alike,
}

impl<'l, 'd> Article<'l, 'd> {
    pub(super) fn new(layout: &'l Layout<'d>, alike: &'l [Alike]) -> Self {
        let count = layout.lines.len();
        let mut before = Vec::with_capacity(count);
        let mut prose = vec![(None, None); count];
        let (mut weight, mut last) = (0, None);
        for (index, line) in layout.lines.iter().enumerate() {
            before.push(weight);
            weight += line.weight;
            if let Some(slot) = prose.get_mut(index) {
                slot.0 = last;
            }
            last = if line.prose() { Some(index) } else { last };
        }
        let mut next = None;
        for (index, line) in layout.lines.iter().enumerate().rev() {
            if let Some(slot) = prose.get_mut(index) {
                slot.1 = next;
            }
            next = if line.prose() { Some(index) } else { next };
        }
        let share = 1.0 / count.max(1) as f32;
        let mean = Alike {
            text: alike.iter().map(|alike| alike.text).sum::<f32>() * share,
            markup: alike.iter().map(|alike| alike.markup).sum::<f32>() * share,
        };
        let title = layout.title.as_deref().unwrap_or_default().split(' ').collect();
        Self { layout, alike, title, weight: weight.max(1) as f32, before, prose, mean }
    }

    /// Calls `put` with the name and the value of each feature of a block.
    pub(super) fn features(&self, index: usize, line: &Line<'d>, put: &mut impl FnMut(&'static str, f32)) {
        let own = self.alike.get(index).copied().unwrap_or_default();
        put("alike_text", own.text);
        put("alike_markup", own.markup);
        put("alike_text_mean", self.mean.text);
        put("alike_markup_mean", self.mean.markup);
        self.look(line, put);
        self.place(index, line, put);
        self.markup(index, line, put);
        self.neighbours(index, put);
    }

    fn look(&self, line: &Line<'d>, put: &mut impl FnMut(&'static str, f32)) {
        let text = line.block.text.trim();
        let marks = Marks::of(text);
        let chars = line.chars.max(1) as f32;
        put("length", (line.weight as f32 + 1.0).ln());
        put("words", line.words as f32);
        put("sentences", line.starts.len() as f32);
        put("word_length", chars / (line.words as f32 + 1.0));
        put("stopped", flag(line.stopped));
        put("asks", flag(text.ends_with(['?', '？', '؟'])));
        put("ends_open", flag(text.ends_with([':', '：', ','])));
        put("exclaims", flag(text.ends_with(['!', '！'])));
        put("quoted", flag(line.quoted));
        put("capitals", line.capitals);
        put("digits", marks.digits / chars);
        put("commas", marks.commas / chars);
        put("quotes", marks.quotes / chars);
        put("marks", marks.others / chars);
        put("first_lower", flag(text.chars().next().is_some_and(char::is_lowercase)));
        put("address", flag(text.contains("http") || text.contains("www.")));
        put("mail", flag(text.contains('@')));
        put("copyright", flag(text.contains('©')));
        put("times", self.layout.times(line) as f32);
        let shared = line.text.split(' ').filter(|word| word.len() > 3 && self.title.contains(word)).count();
        put("title_words", shared as f32 / (line.words as f32 + 1.0));
    }

    fn place(&self, index: usize, line: &Line<'d>, put: &mut impl FnMut(&'static str, f32)) {
        let count = self.layout.lines.len();
        let before = self.before.get(index).copied().unwrap_or_default() as f32;
        let (above, below) = self.prose.get(index).copied().unwrap_or_default();
        put("index", index.min(99) as f32);
        put("from_end", (count - index).min(99) as f32);
        put("place", index as f32 / count as f32);
        put("weight_before", before / self.weight);
        put("weight_own", line.weight as f32 / self.weight);
        put("blocks", (count as f32).ln());
        put("weight", self.weight.ln());
        put("prose_above", above.map_or(ABSENT, |above| (index - above).min(30) as f32));
        put("prose_below", below.map_or(ABSENT, |below| (below - index).min(30) as f32));
    }

    fn markup(&self, index: usize, line: &Line<'d>, put: &mut impl FnMut(&'static str, f32)) {
        let block = line.block;
        let entry = |at: usize| block.classes.get(at).map(String::as_str);
        let inside = |at: usize| entry(at).map_or(0.0, |entry| self.layout.blocks_in(entry) as f32);
        let count = self.layout.lines.len() as f32;
        let like = |other: Option<usize>| {
            let other = other.and_then(|at| self.layout.lines.get(at)).map(|other| &other.block.classes);
            flag(other.is_some_and(|classes| classes.first() == block.classes.first()))
        };
        put("links", line.link);
        put("link_count", block.hrefs.len() as f32);
        put("bold", block.bold_share);
        put("heading", flag(line.heading));
        put("item", flag(matches!(block.tag.as_str(), "li" | "td" | "dd" | "dt")));
        put("class_blocks", inside(0) / count);
        put("parent_blocks", inside(1) / count);
        put("grandparent_blocks", inside(2) / count);
        put("container", flag(entry(1).is_some_and(|entry| self.layout.is_container(entry))));
        put("main", flag(self.layout.in_main(line)));
        put("like_above", like(index.checked_sub(1)));
        put("like_below", like(Some(index + 1)));
    }

    fn neighbours(&self, index: usize, put: &mut impl FnMut(&'static str, f32)) {
        const NAMES: [[&str; 5]; 2 * NEAR] = [
            ["text-3", "markup-3", "length-3", "stopped-3", "links-3"],
            ["text-2", "markup-2", "length-2", "stopped-2", "links-2"],
            ["text-1", "markup-1", "length-1", "stopped-1", "links-1"],
            ["text+1", "markup+1", "length+1", "stopped+1", "links+1"],
            ["text+2", "markup+2", "length+2", "stopped+2", "links+2"],
            ["text+3", "markup+3", "length+3", "stopped+3", "links+3"],
        ];
        let (mut sum, mut found) = (0.0, 0.0);
        for (names, at) in NAMES.iter().zip((0..=2 * NEAR).filter(|at| *at != NEAR)) {
            let other = (index + at).checked_sub(NEAR);
            let other = other.and_then(|at| Some((self.layout.lines.get(at)?, self.alike.get(at)?)));
            let values = other.map_or([ABSENT; 5], |(line, alike)| {
                sum += alike.text;
                found += 1.0;
                let length = (line.weight as f32 + 1.0).ln();
                [alike.text, alike.markup, length, flag(line.stopped), line.link]
            });
            for (name, value) in names.iter().zip(values) {
                put(name, value);
            }
        }
        put("text_near", if found > 0.0 { sum / found } else { ABSENT });
    }
}

fn flag(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// Counts of the characters of a text that are not letters.
#[derive(Default)]
struct Marks {
    digits: f32,
    commas: f32,
    quotes: f32,
    others: f32,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        for c in text.chars() {
            match c {
                'a'..='z' | 'A'..='Z' | ' ' => {}
                ',' | '、' | '،' => marks.commas += 1.0,
                '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '‘' | '’' | '\'' => {
                    marks.quotes += 1.0
                }
                c if c.is_numeric() => marks.digits += 1.0,
                c if c.is_alphanumeric() || c.is_whitespace() => {}
                _ => marks.others += 1.0,
            }
        }
        marks
    }
}
