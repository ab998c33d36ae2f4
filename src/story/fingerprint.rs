//! The fingerprint of a text: MinHash over word shingles, one byte a permutation.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Permutations, and bytes of a fingerprint.
pub(super) const ROWS: usize = 64;

/// Words of a shingle, and characters of one in scripts without spaces.
const SHINGLE: usize = 3;
const SHINGLE_CHARACTERS: usize = 5;

/// Tokens below which a text has no fingerprint: short texts resemble each other by chance.
const TOKENS_MIN: usize = 48;

/// Tokens that are looked at; what follows changes nothing.
const TOKENS_MAX: usize = 20_000;

/// Characters that are looked at, so that a text of one endless word has an end.
const CHARACTERS_MAX: usize = 400_000;

/// How often a shingle with a number counts. Reports made from one template share their words
/// and differ in the numbers, copies of one report share both.
const NUMBER_WEIGHT: u64 = 3;

/// 64 bytes that tell how alike two texts are.
///
/// Row `i` is the low byte of the least hash of all shingles under permutation `i` (b-bit MinHash,
/// Li and König 2010). The hash is our own and fixed, so that fingerprints can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; ROWS]);

impl Fingerprint {
    /// The fingerprint of title and text, none under 48 tokens.
    pub fn of(title: &str, text: &str) -> Option<Self> {
        let mut sketch = Sketch { least: [u64::MAX; ROWS], tokens: 0 };
        sketch.add(title);
        sketch.add(text);
        let rows = sketch.least.map(|least| least.to_le_bytes()[0]);
        (sketch.tokens >= TOKENS_MIN).then_some(Self(rows))
    }

    /// Estimated Jaccard likeness of the two texts' shingles, 0 to 1; standard error .06.
    pub fn similarity(&self, other: &Self) -> f32 {
        let same = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        // One in 256 rows agrees by chance.
        let chance = 1.0 / 256.0;
        ((same as f32 / ROWS as f32 - chance) / (1.0 - chance)).max(0.0)
    }

    /// The two rows of a band, mixed to 12 bits.
    pub(super) fn band(&self, band: usize) -> usize {
        let row = |at: usize| u64::from(self.0.get(at % ROWS).copied().unwrap_or_default());
        (mix(row(band) << 8 | row(band + 1)) & 0xfff) as usize
    }
}

struct Sketch {
    least: [u64; ROWS],
    tokens: usize,
}

impl Sketch {
    fn add(&mut self, text: &str) {
        let mut recent: Vec<(u64, bool)> = Vec::with_capacity(SHINGLE_CHARACTERS);
        let mut dense = false;
        let mut token = 0u64;
        let mut number = false;
        let mut open = false;
        for c in text.chars().take(CHARACTERS_MAX).chain([' ']).flat_map(char::to_lowercase) {
            if self.tokens >= TOKENS_MAX {
                return;
            }
            let single = is_dense(c);
            if open && (single || !c.is_alphanumeric()) {
                self.token(&mut recent, &mut dense, false, (token, number));
                (token, number, open) = (0, false, false);
            }
            if single {
                self.token(&mut recent, &mut dense, true, (mix(u64::from(c)), false));
            } else if c.is_alphanumeric() {
                token = mix(token ^ u64::from(c));
                number |= c.is_numeric();
                open = true;
            }
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
            // A mixing hash for each permutation: a*x+b families lose recall (.78 against .91).
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

/// Scripts without spaces between words: each character is a token.
fn is_dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

impl Serialize for Fingerprint {
    /// Base64url without padding (RFC 4648 section 5), 86 characters.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)?;
        let rows = bytes.try_into().map_err(|_| D::Error::custom("a fingerprint has 64 bytes"))?;
        Ok(Self(rows))
    }
}
