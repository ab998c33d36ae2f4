//! Where a piece stands: on the page, among containers, among similar pieces, and after what.

use super::{groups::share, page::Page, rows::Row, survey::ancestors, table::Feature};
use crate::extract::element::Tag;

/// Value for pieces since something that never came, and for levels up to a container that is not
/// met.
const NEVER: f32 = 200.0;
const NOT_MET: f32 = 60.0;
/// Value for pieces since a headline that the page does not show.
const NO_HEADLINE: f32 = 9999.0;

/// Fills in where the piece stands on the page.
pub(super) fn fill(row: &mut Row<'_>, page: &Page<'_>, index: usize) {
    let (survey, count) = (page.survey, page.all.len());
    let total = survey.total.good;
    let near = |reach: usize| {
        let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(count));
        (page.good_sum[to] - page.good_sum[from]) as f32
    };
    row.set(Feature::Index, index as f32);
    row.set(Feature::IndexShare, index as f32 / count as f32);
    row.set(Feature::GoodBefore, share(page.good_sum[index], total));
    let since = survey.headline.map_or(NO_HEADLINE, |headline| index as f32 - headline as f32);
    row.set(Feature::SinceHeadline, since);
    row.flag(Feature::HasHeadline, survey.headline.is_some());
    row.set(Feature::Pieces, count as f32);
    row.set(Feature::TotalGood, total as f32);
    row.set(Feature::GapBefore, page.gaps.before[index]);
    row.set(Feature::GapAfter, page.gaps.after[index]);
    row.set(Feature::GoodNear, near(2));
    row.set(Feature::GoodAround, near(6));
}

/// Fills in where it stands among the elements around it.
pub(super) fn containers(row: &mut Row<'_>, page: &Page<'_>, index: usize) {
    let (tree, survey, node) = (page.tree, page.survey, page.all[index].node);
    let total = survey.total.good;
    let mut above = ancestors(tree, node).skip(1);
    let parents = [above.next(), above.next(), above.next()]
        .map(|node| node.and_then(|node| survey.sums.get(node as usize)).copied().unwrap_or_default());
    row.set(Feature::Parent1Good, share(parents[0].good, total));
    row.set(Feature::Parent2Good, share(parents[1].good, total));
    row.set(Feature::Parent3Good, share(parents[2].good, total));
    row.set(Feature::Parent1Links, share(parents[0].links, parents[0].chars));
    row.set(Feature::Parent2Links, share(parents[1].links, parents[1].chars));
    row.set(Feature::Parent3Links, share(parents[2].links, parents[2].chars));
    row.set(Feature::Parent1Pieces, parents[0].pieces as f32);
    row.set(Feature::Parent2Pieces, parents[1].pieces as f32);
    // The level at which the piece meets a container.
    let levels = |bit: u8| {
        ancestors(tree, node)
            .position(|node| page.over.get(node as usize).is_some_and(|over| over & bit != 0))
            .map_or(NOT_MET, |levels| levels as f32)
    };
    row.set(Feature::LevelsBest, levels(1));
    row.set(Feature::LevelsHalf, levels(2));
    row.set(Feature::LevelsMost, levels(4));
    row.set(Feature::BestFromStart, index as f32 - page.best.0);
    row.set(Feature::BestFromEnd, page.best.1 - index as f32);
    row.set(
        Feature::HeadlineArticle,
        match ancestors(tree, node).find(|node| tree.tag(*node) == Tag::Article) {
            Some(article) if page.over_headline.contains(&article) => 2.0,
            Some(_) => 1.0,
            None => 0.0,
        },
    );
}

/// Fills in where it stands among similar pieces.
pub(super) fn groups(row: &mut Row<'_>, page: &Page<'_>, index: usize) {
    let total = page.survey.total.good;
    let kind = page.kind_sums(page.kinds[index]);
    row.set(Feature::KindCount, kind.count as f32);
    row.set(Feature::KindSize, kind.size as f32 / kind.count.max(1) as f32);
    row.set(Feature::KindLinks, share(kind.links, kind.chars));
    row.set(Feature::KindGood, share(kind.good, total));
    let parent = page.kind_sums(page.parent_kinds[index]);
    row.set(Feature::ParentKindGood, share(parent.good, total));
    row.set(Feature::ParentKindLinks, share(parent.links, parent.chars));
    let [count, level, place, good] = page.twins.of(page.tree, page.survey, page.all[index].node);
    row.set(Feature::Twins, count);
    row.set(Feature::TwinsLevel, level);
    row.set(Feature::TwinIndex, place);
    row.set(Feature::TwinsGood, good);
    let [phrase, pieces, links, good] = page.sections.of(index);
    row.set(Feature::HeadingPhrase, phrase);
    row.set(Feature::SectionPieces, pieces);
    row.set(Feature::SectionLinks, links);
    row.set(Feature::SectionGood, good);
    let [pieces, links, lead, place] = page.runs.of(index);
    row.set(Feature::RunPieces, pieces);
    row.set(Feature::RunLinks, links);
    row.set(Feature::RunLead, lead);
    row.set(Feature::RunPlace, place);
}

/// Pieces since the last one of each kind of boilerplate, by the lines of `lexicon.tsv`, and since a heading.
pub(super) struct Since {
    phrases: [f32; 8],
    heading: f32,
}

impl Default for Since {
    fn default() -> Self {
        Self { phrases: [NEVER; 8], heading: NEVER }
    }
}

impl Since {
    /// Fills in what came before a piece, and counts it.
    pub(super) fn fill(&mut self, row: &mut Row<'_>, page: &Page<'_>, index: usize) {
        let [related, letter, share, legal, meta, comment, about, _] = self.phrases;
        row.set(Feature::SinceRelated, related);
        row.set(Feature::SinceLetter, letter);
        row.set(Feature::SinceShare, share);
        row.set(Feature::SinceLegal, legal);
        row.set(Feature::SinceMeta, meta);
        row.set(Feature::SinceComment, comment);
        row.set(Feature::SinceAbout, about);
        row.set(Feature::SinceHeading, self.heading);
        let (piece, shape) = (&page.all[index], &page.survey.shapes[index]);
        let next = |last: f32| (last + 1.0).min(NEVER);
        for (last, kind) in self.phrases.iter_mut().zip(1_u8..) {
            *last = if shape.phrase == kind && !page.survey.good[index] { 0.0 } else { next(*last) };
        }
        self.heading = if piece.tag.is_heading() { 0.0 } else { next(self.heading) };
    }
}
