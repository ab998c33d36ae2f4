//! Scripts, and the languages that their script alone identifies.

/// A script, as far as it distinguishes languages. The numbers are those in the model's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Hebrew,
    Devanagari,
    Bengali,
    Ethiopic,
    Greek,
    Armenian,
    Gurmukhi,
    Gujarati,
    Oriya,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Sinhala,
    Thai,
    Lao,
    Tibetan,
    Myanmar,
    Georgian,
    Hangul,
    Khmer,
    Thaana,
    Kana,
    Han,
    Other,
}

/// How many there are.
const SCRIPTS: usize = Script::Other as usize + 1;

/// One letter of Han or kana says as much as this many of an alphabet.
const CHARACTER_WEIGHT: u32 = 3;

impl Script {
    /// Whether every script in a set (a bit for each) is one of these.
    pub(super) fn knows(set: u32) -> bool {
        set >> SCRIPTS == 0
    }

    fn of(letter: char) -> Self {
        match u32::from(letter) {
            0..0x250 | 0x1E00..0x1F00 | 0x2C60..0x2C80 | 0xA720..0xA800 | 0xFB00..0xFB07 => Self::Latin,
            0x250..0x300 => Self::Latin,
            0x370..0x400 | 0x1F00..0x2000 => Self::Greek,
            0x400..0x530 | 0x1C80..0x1C90 | 0x2DE0..0x2E00 | 0xA640..0xA6A0 => Self::Cyrillic,
            0x530..0x590 => Self::Armenian,
            0x590..0x600 | 0xFB1D..0xFB50 => Self::Hebrew,
            0x600..0x700 | 0x750..0x780 | 0x8A0..0x900 | 0xFB50..0xFE00 | 0xFE70..0xFF00 => Self::Arabic,
            0x780..0x7C0 => Self::Thaana,
            0x900..0x980 | 0xA8E0..0xA900 => Self::Devanagari,
            0x980..0xA00 => Self::Bengali,
            0xA00..0xA80 => Self::Gurmukhi,
            0xA80..0xB00 => Self::Gujarati,
            0xB00..0xB80 => Self::Oriya,
            0xB80..0xC00 => Self::Tamil,
            0xC00..0xC80 => Self::Telugu,
            0xC80..0xD00 => Self::Kannada,
            0xD00..0xD80 => Self::Malayalam,
            0xD80..0xE00 => Self::Sinhala,
            0xE00..0xE80 => Self::Thai,
            0xE80..0xF00 => Self::Lao,
            0xF00..0x1000 => Self::Tibetan,
            0x1000..0x10A0 | 0xA9E0..0xAA00 | 0xAA60..0xAA80 => Self::Myanmar,
            0x10A0..0x1100 | 0x1C90..0x1CC0 | 0x2D00..0x2D30 => Self::Georgian,
            0x1100..0x1200 | 0x3130..0x3190 | 0xAC00..0xD7B0 => Self::Hangul,
            0x1200..0x13A0 | 0x2D80..0x2DE0 | 0xAB00..0xAB30 => Self::Ethiopic,
            0x1780..0x1800 => Self::Khmer,
            0x3040..0x3100 | 0xFF66..0xFFA0 => Self::Kana,
            0x3400..0xA000 | 0xF900..0xFB00 | 0x2_0000..0x3_2000 => Self::Han,
            _ => Self::Other,
        }
    }

    /// Its bit in a language's set of scripts.
    pub(super) fn bit(self) -> u32 {
        1 << (self as u32)
    }

    /// The languages of this script, the likeliest first, if no letters need to be compared.
    pub(super) fn own_languages(self) -> &'static [&'static str] {
        match self {
            Self::Greek => &["el"],
            Self::Armenian => &["hy"],
            Self::Gurmukhi => &["pa"],
            Self::Gujarati => &["gu"],
            Self::Oriya => &["or"],
            Self::Tamil => &["ta"],
            Self::Telugu => &["te"],
            Self::Kannada => &["kn", "tcy"],
            Self::Malayalam => &["ml"],
            Self::Sinhala => &["si"],
            Self::Thai => &["th"],
            Self::Lao => &["lo"],
            Self::Tibetan => &["bo", "dz"],
            Self::Myanmar => &["my", "shn", "mnw", "kar"],
            Self::Georgian => &["ka", "xmf"],
            Self::Hangul => &["ko"],
            Self::Khmer => &["km"],
            Self::Thaana => &["dv"],
            Self::Kana => &["ja"],
            Self::Han => &["zh", "yue", "wuu", "nan", "hak", "gan", "lzh", "ja"],
            _ => &[],
        }
    }

    /// The only language written in this script, if there is just one.
    pub(super) fn only_language(self) -> Option<&'static str> {
        self.own_languages().first().copied()
    }
}

/// The script of most letters; `None` for a text without letters.
pub(super) fn dominant(text: impl Iterator<Item = char>) -> Option<Script> {
    let mut counts = [0_u32; SCRIPTS];
    for letter in text.filter(|c| c.is_alphabetic()) {
        let script = Script::of(letter);
        let weight = if matches!(script, Script::Han | Script::Kana) { CHARACTER_WEIGHT } else { 1 };
        if let Some((_, count)) = counts.get_mut(script as usize).map(|count| ((), count)) {
            *count += weight;
        }
    }
    let count = |script: Script| counts.get(script as usize).copied().unwrap_or_default();
    // Japanese is written in both; some kana are enough, a single one can be a name.
    let japanese = count(Script::Kana) + count(Script::Han);
    if count(Script::Kana) * 12 >= japanese && japanese > count(Script::Latin) {
        return (japanese > 0).then_some(Script::Kana);
    }
    ALL.into_iter()
        .filter(|script| count(*script) > 0)
        .max_by_key(|script| (count(*script), u8::MAX - *script as u8))
}

const ALL: [Script; SCRIPTS] = [
    Script::Latin,
    Script::Cyrillic,
    Script::Arabic,
    Script::Hebrew,
    Script::Devanagari,
    Script::Bengali,
    Script::Ethiopic,
    Script::Greek,
    Script::Armenian,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Thai,
    Script::Lao,
    Script::Tibetan,
    Script::Myanmar,
    Script::Georgian,
    Script::Hangul,
    Script::Khmer,
    Script::Thaana,
    Script::Kana,
    Script::Han,
    Script::Other,
];
