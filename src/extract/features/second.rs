//! The second look: how the pieces around were judged at first.

use super::{groups::Gaps, hash::Map};

/// Number of values that the second look has besides the features.
pub(crate) const COUNT: usize = 22;
/// Place of the mean first score of the pieces around: 0 if none of them was taken for content.
pub(crate) const NEAR: usize = 12;
/// A first score from which a piece counts as content.
const LIKELY: f32 = 0.5;

/// Names of what the second look has besides the features, in order.
pub(super) const SECOND: [&str; COUNT] = [
    "score-4",
    "score-3",
    "score-2",
    "score-1",
    "score",
    "score+1",
    "score+2",
    "score+3",
    "score+4",
    "content_before",
    "content_after",
    "content",
    "scores5",
    "scores10",
    "kind_score",
    "parent_score",
    "parent2_score",
    "kind_content",
    "parent_content",
    "parent2_content",
    "content_gap_before",
    "content_gap_after",
];

/// Values for the second look at a page: how the pieces around each were judged at first.
pub(crate) fn second(first: &[f32], sizes: &[f32], groups: &[[u32; 3]]) -> Vec<[f32; COUNT]> {
    let count = first.len();
    let mut means: [Map<u32, (f32, f32)>; 3] = Default::default();
    for index in 0..count {
        for (means, group) in means.iter_mut().zip(groups[index]) {
            let sums = means.entry(group).or_default();
            sums.0 += first[index] * (sizes[index] + 5.0);
            sums.1 += sizes[index] + 5.0;
        }
    }
    let running = |weigh: &dyn Fn(usize) -> f32| {
        let mut sums = Vec::with_capacity(count + 1);
        sums.push(0.0_f32);
        for index in 0..count {
            sums.push(sums[index] + weigh(index));
        }
        sums
    };
    let content = running(&|index| first[index] * sizes[index].min(400.0));
    let scores = running(&|index| first[index]);
    let total = content[count];
    let weighted: f32 = first.iter().zip(sizes).map(|(score, size)| score * (size + 5.0)).sum();
    let likely: Vec<bool> = first.iter().map(|score| *score >= LIKELY).collect();
    let gaps = Gaps::of(&likely);
    (0..count)
        .map(|index| {
            let mut out = [-1.0_f32; COUNT];
            for (place, offset) in (-4_isize..=4).enumerate() {
                if let Some(score) = index.checked_add_signed(offset).and_then(|other| first.get(other)) {
                    out[place] = *score;
                }
            }
            out[9] = content[index] / (total + 1.0);
            out[10] = (total - content[index + 1]) / (total + 1.0);
            out[11] = total;
            for (place, reach) in [(12, 5), (13, 10)] {
                let (from, to) = (index.saturating_sub(reach), (index + reach + 1).min(count));
                out[place] = (scores[to] - scores[from]) / (to - from) as f32;
            }
            for (place, (means, group)) in (14..).zip(means.iter().zip(groups[index])) {
                let (sum, weight) = means.get(&group).copied().unwrap_or((0.0, 1.0));
                out[place] = sum / weight;
                out[place + 3] = sum / (weighted + 1.0);
            }
            out[20] = gaps.before[index];
            out[21] = gaps.after[index];
            out
        })
        .collect()
}
