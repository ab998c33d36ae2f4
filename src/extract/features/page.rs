//! What is counted once per page for the features of all its pieces.

use super::{
    Genre,
    groups::{Gaps, KindSums, Twins, parent_kind, share},
    hash::Map,
    rows::Row,
    spans::{SectionSpans, Spans},
    survey::{Survey, ancestors},
    table::Feature,
};
use crate::extract::{
    hints::{FAR, Hint},
    tree::{NONE, Tree},
    walk::{Piece, Pieces},
};

/// A page, counted.
pub(super) struct Page<'a> {
    pub(super) tree: &'a Tree,
    pub(super) pieces: &'a Pieces,
    pub(super) all: &'a [Piece],
    pub(super) survey: &'a Survey,
    pub(super) kinds: &'a [u64],
    pub(super) parent_kinds: Vec<u64>,
    genre: &'a Genre,
    kind_sums: Map<u64, KindSums>,
    repeats: Map<u64, u32>,
    pub(super) gaps: Gaps,
    /// A bit for each of the three containers that an element is, or is above.
    pub(super) over: Vec<u8>,
    /// Running text up to each piece.
    pub(super) good_sum: Vec<u32>,
    /// First and last piece of the best container.
    pub(super) best: (f32, f32),
    pub(super) over_headline: Vec<u32>,
    pub(super) twins: Twins,
    pub(super) sections: SectionSpans,
    pub(super) runs: Spans,
    /// Shares of the running text, the same for all pieces.
    shares: [(Feature, f32); 5],
}

impl<'a> Page<'a> {
    /// Counts what the features need.
    pub(super) fn of(
        tree: &'a Tree,
        pieces: &'a Pieces,
        survey: &'a Survey,
        kinds: &'a [u64],
        genre: &'a Genre,
    ) -> Self {
        let all = pieces.all.as_slice();
        let parent_kinds: Vec<u64> = all.iter().map(|piece| parent_kind(tree, piece)).collect();
        let (kind_sums, repeats) = sums(all, survey, kinds, &parent_kinds);
        let mut over = vec![0_u8; tree.len()];
        for (bit, container) in [(1, survey.best), (2, survey.half), (4, survey.most)] {
            for node in ancestors(tree, container).filter(|_| container != NONE) {
                over[node as usize] |= bit;
            }
        }
        let mut good_sum = Vec::with_capacity(all.len() + 1);
        good_sum.push(0_u32);
        for (index, good) in survey.good.iter().enumerate() {
            let last = good_sum[index];
            good_sum.push(last + if *good { survey.shapes[index].size } else { 0 });
        }
        let in_best: Vec<bool> =
            all.iter().map(|piece| ancestors(tree, piece.node).any(|node| node == survey.best)).collect();
        let best = (
            in_best.iter().position(|within| *within).unwrap_or(0) as f32,
            in_best.iter().rposition(|within| *within).unwrap_or(0) as f32,
        );
        let headline = survey.headline.and_then(|headline| all.get(headline));
        Self {
            tree,
            pieces,
            all,
            survey,
            kinds,
            parent_kinds,
            genre,
            kind_sums,
            repeats,
            gaps: Gaps::of(&survey.good),
            over,
            good_sum,
            best,
            over_headline: headline.map(|piece| ancestors(tree, piece.node).collect()).unwrap_or_default(),
            twins: Twins::of_page(tree, survey),
            sections: Spans::sections(all, survey),
            runs: Spans::runs(all, kinds),
            shares: shares(all, survey),
        }
    }

    /// What is the same for all pieces, and where a piece stands among the posts.
    pub(super) fn fill(&self, row: &mut Row<'_>, index: usize) {
        for (feature, share) in self.shares {
            row.set(feature, share);
        }
        let posts = self.twins.posts();
        row.set(Feature::PostCount, posts.count as f32);
        row.set(Feature::PostShare, share(posts.running, self.survey.total.running));
        row.set(Feature::PostPlace, self.twins.post_place(self.tree, self.all[index].node));
        row.set(Feature::PageRunning, self.survey.total.running as f32);
        row.set(Feature::Thread, self.genre.thread);
        row.set(Feature::Manual, self.genre.manual);
        row.set(Feature::Declared, self.genre.declared);
    }

    /// Sums over the pieces of a kind, or below parents of a kind.
    pub(super) fn kind_sums(&self, kind: u64) -> KindSums {
        self.kind_sums.get(&kind).copied().unwrap_or_default()
    }

    /// How often the text of a piece occurs on the page.
    pub(super) fn repeats(&self, index: usize) -> u32 {
        self.repeats.get(&self.survey.shapes[index].hash).copied().unwrap_or(1)
    }
}

type Sums = (Map<u64, KindSums>, Map<u64, u32>);

fn sums(all: &[Piece], survey: &Survey, kinds: &[u64], parent_kinds: &[u64]) -> Sums {
    let (mut kind_sums, mut repeats) = Sums::default();
    for (index, piece) in all.iter().enumerate() {
        let shape = &survey.shapes[index];
        for key in [kinds[index], parent_kinds[index]] {
            let sums: &mut KindSums = kind_sums.entry(key).or_default();
            sums.count += 1;
            sums.size += shape.size;
            sums.chars += piece.chars;
            sums.links += piece.link_chars;
            sums.good += if survey.good[index] { shape.size } else { 0 };
        }
        *repeats.entry(shape.hash).or_default() += 1;
    }
    (kind_sums, repeats)
}

fn shares(all: &[Piece], survey: &Survey) -> [(Feature, f32); 5] {
    let under = |hint: Hint, which: &[bool], total: u32| {
        let mut size = 0;
        for (index, piece) in all.iter().enumerate() {
            if which[index] && piece.above[hint as usize] < FAR {
                size += survey.shapes[index].size;
            }
        }
        share(size, total)
    };
    let best = survey.sums.get(survey.best as usize).map_or(0, |sums| sums.good);
    let good = survey.total.good;
    [
        (Feature::BestShare, share(best, good)),
        (Feature::BodyShare, under(Hint::Body, &survey.good, good)),
        (Feature::ArticleShare, under(Hint::InArticle, &survey.good, good)),
        (Feature::MainShare, under(Hint::InMain, &survey.good, good)),
        (Feature::CommentShare, under(Hint::Comment, &survey.running, survey.total.running)),
    ]
}
