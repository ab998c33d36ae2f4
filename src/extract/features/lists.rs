//! How alike a text and a title are.

/// Words of a text and titles, at most.
const WORDS_MAX: usize = 60;
const LISTS_MAX: usize = 32;
/// Texts of more bytes are not titles.
const LONG: usize = 600;

/// The words of a text for comparison.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(str::to_lowercase)
        .collect()
}

/// The hashes of [`words`], for a text that is short enough to be a title.
pub(super) fn short_hashes(text: &str, out: &mut Vec<u64>) {
    out.clear();
    if text.len() <= LONG {
        hashes(text, out);
    }
}

/// The hashes of [`words`].
pub(crate) fn hashed(text: &str) -> Vec<u64> {
    let mut out = Vec::new();
    hashes(text, &mut out);
    out
}

/// Adds the hashes of [`words`], without a copy of each word.
fn hashes(text: &str, out: &mut Vec<u64>) {
    let mut hash = 0;
    for char in text.chars() {
        if char.is_ascii_alphanumeric() {
            hash = add(hash, char.to_ascii_lowercase());
        } else if !char.is_ascii() && char.is_alphanumeric() {
            hash = char.to_lowercase().fold(hash, add);
        } else if hash != 0 {
            out.push(hash);
            hash = 0;
            if out.len() == WORDS_MAX {
                return;
            }
        }
    }
    if hash != 0 {
        out.push(hash);
    }
}

fn add(hash: u64, char: char) -> u64 {
    // A sigma at the end of a word is a sigma.
    let char = if char == 'ς' { 'σ' } else { char };
    (hash.rotate_left(5) ^ u64::from(char)).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// Texts of a few words, such as titles, to compare others with.
#[derive(Default)]
pub(crate) struct Lists {
    /// Words of each.
    lengths: Vec<usize>,
    /// Hash of a word, and in which of the texts it is; by hash.
    words: Vec<(u64, u32)>,
    /// A bit for the lowest bits of each hash: most words of a page are in no title.
    known: u64,
}

impl Lists {
    /// From the words of each text.
    pub(crate) fn new(lists: &[Vec<String>]) -> Self {
        let mut out = Self::default();
        let mut own = Vec::new();
        for (bit, list) in lists.iter().take(LISTS_MAX).enumerate() {
            out.lengths.push(list.len());
            for word in list {
                own.clear();
                hashes(word, &mut own);
                for hash in &own {
                    out.known |= 1 << (hash & 63);
                    match out.words.binary_search_by_key(hash, |(known, _)| *known) {
                        Ok(at) => out.words[at].1 |= 1 << bit,
                        Err(at) => out.words.insert(at, (*hash, 1 << bit)),
                    }
                }
            }
        }
        out
    }

    /// How alike a text and the most similar of these are, 0 to 1: how much of each is in the
    /// other.
    pub(crate) fn likeness(&self, text: &str) -> f32 {
        if self.lengths.is_empty() {
            return 0.0;
        }
        let mut own = Vec::new();
        short_hashes(text, &mut own);
        self.likeness_of(&own)
    }

    /// [`Self::likeness`] of a text whose words are known.
    pub(super) fn likeness_of(&self, own: &[u64]) -> f32 {
        let mut shared = [0_u8; LISTS_MAX];
        let mut any = 0;
        for hash in own.iter().filter(|hash| self.known & (1 << (**hash & 63)) != 0) {
            let Ok(at) = self.words.binary_search_by_key(hash, |(known, _)| *known) else { continue };
            let lists = self.words.get(at).map_or(0, |(_, lists)| *lists);
            any |= lists;
            for bit in bits(lists) {
                shared[bit] += 1;
            }
        }
        let share = |list: usize| {
            let length = self.lengths.get(list).copied().unwrap_or(0);
            (2.0 * f32::from(shared[list]) / (own.len() + length) as f32).min(1.0)
        };
        bits(any).map(share).fold(0.0, f32::max)
    }
}

/// The places of the bits that are set.
fn bits(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (lowest < LISTS_MAX).then_some(lowest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_hashes_are_the_same_ones() {
        for text in ["A vote: 3-2 on the Harbour", "ΟΔΟΣ οδος ÉTÉ été", "", " – ", "港の 投票"]
        {
            let one_by_one: Vec<u64> = words(text).iter().flat_map(|word| hashed(word)).collect();
            assert_eq!(hashed(text), one_by_one, "{text}");
        }
    }

    #[test]
    fn likeness_is_the_share_of_common_words() {
        let lists = Lists::new(&[words("A vote on the harbour"), words("Ferries")]);
        assert_eq!(lists.likeness("A VOTE on the harbour"), 1.0);
        assert_eq!(lists.likeness("the harbour, closed today"), 4.0 / 9.0);
        assert_eq!(lists.likeness("nothing else"), 0.0);
    }
}
