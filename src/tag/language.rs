//! The language of a text: what was declared as a prior, trigrams as the witness.
//!
//! whatlang was right on .992 of whole articles in 27 languages, .956 of paragraphs and .887 of
//! headlines, so a declared language stands unless a long text speaks against it.

use whatlang::{Detector, Lang, Script, detect_script};

use super::{Language, forms::LANGUAGES, words::prefix};

/// Bytes of text that are looked at: trigrams of some sentences tell as much as those of all.
const SAMPLE: usize = 700;

/// Letters from which on the text may overrule what was declared.
const LONG: usize = 200;

/// Letters below which nothing is told from the text alone.
const SHORT: usize = 12;

/// Letters from which on the likeliest language is told even where trigrams call it unreliable.
const ENOUGH: usize = 60;

/// Detects the language of title and text.
pub(super) fn detect(title: &str, text: &str, declared: Option<&str>) -> Language {
    let mut sample = String::with_capacity(SAMPLE + 200);
    sample.push_str(prefix(title, 300));
    sample.push('\n');
    sample.push_str(prefix(text, SAMPLE));
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    let declared = declared.and_then(code);
    if letters == 0 {
        return declared.map_or_else(unknown, |code| language(code, 0.5));
    }
    let script = detect_script(&sample);
    let declared = declared.filter(|code| script.is_none_or(|script| written_in(code, script)));
    let found = Detector::new().detect(&sample);
    let found = found.map(|info| (iso(info.lang()), info.confidence() as f32, info.is_reliable()));
    match (declared, found) {
        (Some(declared), Some((found, confidence, _))) if same(&declared, found) => {
            language(declared, confidence.max(0.9))
        }
        (Some(declared), Some((found, confidence, reliable))) => {
            let sure = letters >= LONG && reliable && confidence > 0.8;
            // A language that trigrams do not know looks like its neighbour.
            let other = LANGUAGES.contains(&found) && close_kin(&declared) != Some(found);
            if sure && (known(&declared) || (confidence > 0.95 && other)) {
                language(found.to_owned(), confidence * 0.9)
            } else {
                language(declared, if letters >= LONG { 0.6 } else { 0.7 })
            }
        }
        (Some(declared), None) => language(declared, 0.6),
        (None, Some((found, confidence, reliable))) => {
            let one_script = script.is_some_and(|script| script.langs().len() == 1);
            let enough = reliable || letters >= ENOUGH || (letters >= ENOUGH / 2 && confidence > 0.3);
            if one_script || (letters >= SHORT && enough) {
                language(found.to_owned(), confidence.clamp(0.3, 1.0))
            } else {
                unknown()
            }
        }
        (None, None) => unknown(),
    }
}

fn language(code: String, confidence: f32) -> Language {
    Language { code, confidence: confidence.clamp(0.0, 1.0) }
}

fn unknown() -> Language {
    Language { code: "und".to_owned(), confidence: 0.0 }
}

/// The primary subtag of a BCP 47 tag, ISO 639-1 where it has one; none for what is no tag.
fn code(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let primary = match primary.as_str() {
        "english" => "en".to_owned(),
        "german" | "deutsch" => "de".to_owned(),
        "iw" => "he".to_owned(),
        "in" => "id".to_owned(),
        _ => primary,
    };
    let plausible = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    if !plausible || matches!(primary.as_str(), "und" | "mul" | "zxx" | "xx") {
        return None;
    }
    let long = Lang::from_code(primary.as_str()).map(iso);
    Some(long.map_or(primary, str::to_owned))
}

/// ISO 639-1 of whatlang's ISO 639-3.
fn iso(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

/// Trigrams can tell the language.
fn known(code: &str) -> bool {
    Lang::all().iter().any(|lang| iso(*lang) == code)
}

/// The two are not told apart by trigrams.
fn same(declared: &str, found: &str) -> bool {
    const KIN: [&[&str]; 5] = [
        &["no", "nb", "nn", "da"],
        &["hr", "sr", "bs", "sh", "me"],
        &["id", "ms", "jv", "su"],
        &["zh", "yue", "cmn", "wuu"],
        &["tl", "fil"],
    ];
    declared == found || KIN.iter().any(|kin| kin.contains(&declared) && kin.contains(&found))
}

/// What trigrams take a language for that they do not know.
fn close_kin(code: &str) -> Option<&'static str> {
    match code {
        "gl" | "ast" | "an" => Some("es"),
        "oc" | "eu" => Some("ca"),
        "is" | "fo" => Some("da"),
        "lb" => Some("de"),
        "fy" => Some("nl"),
        "kk" | "ky" | "tg" | "mn" => Some("ru"),
        _ => None,
    }
}

/// A text in this script can be in that language.
fn written_in(code: &str, script: Script) -> bool {
    let own: &[Script] = match code {
        "ru" | "uk" | "bg" | "be" | "mk" | "mn" | "ky" | "tg" => &[Script::Cyrillic],
        "sr" | "kk" | "uz" | "az" | "tk" | "bs" => &[Script::Cyrillic, Script::Latin, Script::Arabic],
        "ar" | "fa" | "ur" | "ps" | "ug" => &[Script::Arabic],
        "he" | "yi" => &[Script::Hebrew],
        "el" => &[Script::Greek],
        "zh" | "yue" => &[Script::Mandarin],
        "ja" => &[Script::Mandarin, Script::Hiragana, Script::Katakana],
        "ko" => &[Script::Hangul, Script::Mandarin],
        "hi" | "mr" | "ne" => &[Script::Devanagari],
        "th" => &[Script::Thai],
        "ka" => &[Script::Georgian],
        "hy" => &[Script::Armenian],
        _ => return script == Script::Latin || !COMMON_LATIN.contains(&code),
    };
    own.contains(&script)
}

/// Languages that are written in Latin letters only.
const COMMON_LATIN: &[&str] = &[
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "sv", "da", "nb", "nn", "no", "fi", "cs", "sk",
    "sl", "hr", "hu", "ro", "et", "lt", "lv", "id", "ms", "vi", "ca", "gl", "eu", "is", "sq", "sw", "af",
];
