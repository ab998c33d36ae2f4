//! The fingerprint of a text: MinHash over word shingles, one byte per permutation.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Permutations, which is also the number of bytes in a fingerprint.
pub(super) const ROWS: usize = 64;

/// Words per shingle, and characters per shingle in scripts without spaces.
const SHINGLE: usize = 3;
const SHINGLE_CHARACTERS: usize = 5;

/// Tokens below which a text has no fingerprint: short texts resemble each other by chance.
const TOKENS_MIN: usize = 48;

/// Tokens that are looked at, at most; what follows changes nothing.
const TOKENS_MAX: usize = 20_000;

/// Characters that are looked at, at most, so that a text of one endless word comes to an end.
const CHARACTERS_MAX: usize = 400_000;

/// How often a shingle with a number counts. Reports made from one template share their words and
/// differ in their numbers; copies of one report share both.
const NUMBER_WEIGHT: u64 = 3;

/// Fewest facts in the shorter text from which they say whether both are one report.
const FACTS_MIN: f32 = 4.0;

/// With up to this many facts the shorter text counts as short: a template leaves nothing else to judge by.
const FACTS_SHORT: f32 = 20.0;

/// Share of facts, beyond chance, that two reports have to have in common, relative to the one with
/// fewer: if that is short, and if it is not. Copies with a fifth of their words changed have 0.5
/// and more, reports of one template 0.4 and less (95 of 100).
const SHARED_MIN: (f32, f32) = (0.5, 0.3);

/// Likeness from which two articles are one story, and from which they are if at least six facts
/// agree as well, as in a copy cut to a third.
pub(super) const LINK: f32 = 0.25;
const LINK_BY_FACTS: (f32, f32, f32) = (0.15, 0.6, 6.0);

/// 64 bytes that tell how alike two texts are, and 128 bits for their facts.
///
/// Row `i` is the low byte of the least hash of all shingles under permutation `i` (b-bit MinHash,
/// Li and König 2010). Facts are numbers, and capitalised words within a sentence: reports of one
/// template share their words and differ there. The hash is our own and never changes, so that
/// fingerprints can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    rows: [u8; ROWS],
    /// A bit for each fact, by its hash; `None` in fingerprints of versions without facts.
    facts: u128,
}

impl Fingerprint {
    /// The fingerprint of title and text; `None` below 48 tokens.
    pub fn of(title: &str, text: &str) -> Option<Self> {
        let mut sketch = Sketch { least: [u64::MAX; ROWS], tokens: 0, facts: 0 };
        sketch.add(title);
        // Each publisher has a headline of its own.
        sketch.facts = 0;
        sketch.add(text);
        let rows = sketch.least.map(|least| least.to_le_bytes()[0]);
        (sketch.tokens >= TOKENS_MIN).then_some(Self { rows, facts: sketch.facts })
    }

    /// The likeness of two articles if they are one story, else `None`.
    pub(super) fn link(&self, other: &Self) -> Option<f32> {
        let similarity = self.similarity(other);
        if similarity < LINK_BY_FACTS.0 {
            return None;
        }
        let (own, others) = (self.facts.count_ones() as f32, other.facts.count_ones() as f32);
        let (least, most) = (own.min(others), own.max(others));
        if least < FACTS_MIN {
            return (similarity >= LINK).then_some(similarity);
        }
        let chance = most / u128::BITS as f32;
        let both = (self.facts & other.facts).count_ones() as f32 / least;
        let shared = if chance < 1.0 { (both - chance) / (1.0 - chance) } else { 1.0 };
        let (_, much, many) = LINK_BY_FACTS;
        let enough = if least <= FACTS_SHORT { SHARED_MIN.0 } else { SHARED_MIN.1 };
        let one = shared >= enough && (similarity >= LINK || (shared >= much && least >= many));
        one.then_some(similarity)
    }

    /// Estimated Jaccard likeness of the two texts' shingles, 0 to 1; standard error 0.06.
    pub fn similarity(&self, other: &Self) -> f32 {
        let same = self.rows.iter().zip(&other.rows).filter(|(a, b)| a == b).count();
        // One in 256 rows agrees by chance.
        let chance = 1.0 / 256.0;
        ((same as f32 / ROWS as f32 - chance) / (1.0 - chance)).max(0.0)
    }

    /// The two rows of a band, mixed to 12 bits.
    pub(super) fn band(&self, band: usize) -> usize {
        let row = |at: usize| u64::from(self.rows.get(at % ROWS).copied().unwrap_or_default());
        (mix(row(band) << 8 | row(band + 1)) & 0xfff) as usize
    }
}

struct Sketch {
    least: [u64; ROWS],
    tokens: usize,
    facts: u128,
}

/// What is known of the word being read.
#[derive(Clone, Copy, Default)]
struct Token {
    hash: u64,
    number: bool,
    /// With a capital within a sentence.
    name: bool,
    open: bool,
}

impl Sketch {
    fn add(&mut self, text: &str) {
        let mut recent: Vec<(u64, bool)> = Vec::with_capacity(SHINGLE_CHARACTERS);
        let mut dense = false;
        let mut token = Token::default();
        let mut begins = true;
        for (c, upper) in text.chars().take(CHARACTERS_MAX).chain([' ']).flat_map(lowered) {
            if self.tokens >= TOKENS_MAX {
                return;
            }
            let single = is_dense(c);
            if token.open && (single || !c.is_alphanumeric()) {
                self.fact(&token);
                self.token(&mut recent, &mut dense, false, (token.hash, token.number));
                (token, begins) = (Token::default(), false);
            }
            if single {
                self.token(&mut recent, &mut dense, true, (mix(u64::from(c)), false));
            } else if c.is_alphanumeric() {
                token.hash = mix(token.hash ^ u64::from(c));
                token.number |= c.is_numeric();
                token.name |= upper && !token.open && !begins;
                token.open = true;
            } else {
                begins |= matches!(c, '.' | '!' | '?' | ':' | '\n');
            }
        }
    }

    fn fact(&mut self, token: &Token) {
        if token.number || token.name {
            self.facts |= 1 << (mix(token.hash ^ 1) % u64::from(u128::BITS));
        }
    }

    fn token(&mut self, recent: &mut Vec<(u64, bool)>, dense: &mut bool, single: bool, token: (u64, bool)) {
        if *dense != single {
            recent.clear();
            *dense = single;
        }
        self.tokens += 1;
        let length = if single { SHINGLE_CHARACTERS } else { SHINGLE };
        if recent.len() == length {
            recent.remove(0);
        }
        recent.push(token);
        if recent.len() < length {
            return;
        }
        let shingle = recent.iter().fold(length as u64, |hash, (token, _)| mix(hash.rotate_left(5) ^ token));
        let copies = if recent.iter().any(|(_, number)| *number) { NUMBER_WEIGHT } else { 1 };
        for copy in 0..copies {
            self.shingle(mix(shingle ^ copy));
        }
    }

    fn shingle(&mut self, shingle: u64) {
        for (row, least) in self.least.iter_mut().enumerate() {
            // A mixing hash for each permutation: a*x+b families lose recall (0.78 against 0.91).
            let hash = mix(shingle ^ SEED.wrapping_mul(row as u64 + 1));
            if hash < *least {
                *least = hash;
            }
        }
    }
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// splitmix64 (Steele, Lea and Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(SEED);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A character in lower case, and whether it was a capital.
fn lowered(c: char) -> impl Iterator<Item = (char, bool)> {
    c.to_lowercase().map(move |lower| (lower, c.is_uppercase()))
}

/// Scripts without spaces between words: each character is a token.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

impl Serialize for Fingerprint {
    /// Base64url without padding (RFC 4648 section 5), 107 characters; 86 without facts.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = self.rows.to_vec();
        if self.facts != 0 {
            bytes.extend(self.facts.to_le_bytes());
        }
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        let wrong = || D::Error::custom("a fingerprint has 64 or 80 bytes");
        let (rows, facts) = bytes.split_first_chunk::<ROWS>().ok_or_else(wrong)?;
        let facts = match facts {
            [] => 0,
            facts => u128::from_le_bytes(facts.try_into().map_err(|_| wrong())?),
        };
        Ok(Self { rows: *rows, facts })
    }
}
