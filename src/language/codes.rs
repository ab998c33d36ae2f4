//! Language codes: what feeds claim, and which languages are easily confused.

/// ISO 639-3 and names to ISO 639-1, sorted.
const ALIASES: &[(&str, &str)] = &[
    ("afr", "af"),
    ("alb", "sq"),
    ("als", "sq"),
    ("amh", "am"),
    ("ara", "ar"),
    ("arb", "ar"),
    ("arm", "hy"),
    ("asm", "as"),
    ("aze", "az"),
    ("azj", "az"),
    ("bak", "ba"),
    ("baq", "eu"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bod", "bo"),
    ("bos", "bs"),
    ("bre", "br"),
    ("bul", "bg"),
    ("bur", "my"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("chi", "zh"),
    ("chv", "cv"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("cze", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("deutsch", "de"),
    ("div", "dv"),
    ("dut", "nl"),
    ("dzo", "dz"),
    ("ell", "el"),
    ("eng", "en"),
    ("english", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("eus", "eu"),
    ("ewe", "ee"),
    ("fao", "fo"),
    ("fas", "fa"),
    ("fil", "tl"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("fre", "fr"),
    ("fry", "fy"),
    ("geo", "ka"),
    ("ger", "de"),
    ("german", "de"),
    ("gla", "gd"),
    ("gle", "ga"),
    ("glg", "gl"),
    ("gre", "el"),
    ("grn", "gn"),
    ("guj", "gu"),
    ("hat", "ht"),
    ("hau", "ha"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ibo", "ig"),
    ("ice", "is"),
    ("in", "id"),
    ("ind", "id"),
    ("isl", "is"),
    ("ita", "it"),
    ("iw", "he"),
    ("jav", "jv"),
    ("ji", "yi"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("kaz", "kk"),
    ("khk", "mn"),
    ("khm", "km"),
    ("kin", "rw"),
    ("kir", "ky"),
    ("kmr", "ku"),
    ("kor", "ko"),
    ("kur", "ku"),
    ("lao", "lo"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("ltz", "lb"),
    ("lug", "lg"),
    ("lvs", "lv"),
    ("mac", "mk"),
    ("mal", "ml"),
    ("mao", "mi"),
    ("mar", "mr"),
    ("may", "ms"),
    ("mkd", "mk"),
    ("mlg", "mg"),
    ("mlt", "mt"),
    ("mo", "ro"),
    ("mon", "mn"),
    ("mri", "mi"),
    ("msa", "ms"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nno", "nn"),
    ("nob", "nb"),
    ("nor", "no"),
    ("nya", "ny"),
    ("oci", "oc"),
    ("ori", "or"),
    ("orm", "om"),
    ("ory", "or"),
    ("pan", "pa"),
    ("per", "fa"),
    ("pes", "fa"),
    ("plt", "mg"),
    ("pol", "pl"),
    ("por", "pt"),
    ("prs", "fa"),
    ("pus", "ps"),
    ("roh", "rm"),
    ("ron", "ro"),
    ("rum", "ro"),
    ("rus", "ru"),
    ("sh", "sr"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slo", "sk"),
    ("slv", "sl"),
    ("smo", "sm"),
    ("sna", "sn"),
    ("snd", "sd"),
    ("som", "so"),
    ("spa", "es"),
    ("sqi", "sq"),
    ("srp", "sr"),
    ("swa", "sw"),
    ("swe", "sv"),
    ("swh", "sw"),
    ("tam", "ta"),
    ("tat", "tt"),
    ("tel", "te"),
    ("tgk", "tg"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tib", "bo"),
    ("tir", "ti"),
    ("tsn", "tn"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("uig", "ug"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("uzn", "uz"),
    ("vie", "vi"),
    ("wel", "cy"),
    ("wol", "wo"),
    ("xho", "xh"),
    ("yid", "yi"),
    ("yor", "yo"),
    ("zho", "zh"),
    ("zsm", "ms"),
    ("zul", "zu"),
];

/// Languages that are written nearly alike, so that a text says little about which of them it is
/// in.
const KIN: [&[&str]; 12] = [
    &["no", "nb", "nn", "da"],
    &["hr", "sr", "bs", "me", "cnr"],
    &["id", "ms", "jv", "su", "min"],
    &["zh", "yue", "wuu", "nan", "hak", "gan"],
    &["cs", "sk"],
    &["es", "gl", "ast", "an", "pt", "lad", "ext"],
    &["ca", "oc", "an"],
    &["xh", "zu", "ss", "nr", "nd"],
    &["tn", "nso", "st"],
    &["rw", "rn"],
    &["bg", "mk"],
    &["de", "nds", "gsw", "bar", "lb"],
];

/// The primary subtag of a BCP 47 tag, in ISO 639-1 if it has a code there; `None` if the tag names
/// no language.
pub(super) fn primary(tag: &str) -> Option<String> {
    let subtag = tag.trim().split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    let known = ALIASES.binary_search_by(|(alias, _)| (*alias).cmp(subtag.as_str()));
    if let Some((_, code)) = known.ok().and_then(|at| ALIASES.get(at)) {
        return Some((*code).to_owned());
    }
    let plausible = (2..=3).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_lowercase());
    (plausible && !matches!(subtag.as_str(), "und" | "mul" | "zxx" | "xx" | "mis")).then_some(subtag)
}

/// The code under which the model knows a language.
pub(super) fn as_trained(code: &str) -> &str {
    match code {
        "no" => "nb",
        "me" | "cnr" => "sr",
        "fil" => "tl",
        code => code,
    }
}

/// Whether the two are written nearly alike.
pub(super) fn kin(one: &str, other: &str) -> bool {
    KIN.iter().any(|kin| kin.contains(&one) && kin.contains(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_sorted_for_the_search() {
        assert!(ALIASES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn claims_are_read_as_they_are_written() {
        let code = |tag| primary(tag);
        for (tag, expected) in [
            ("en-US", "en"),
            ("DE_de", "de"),
            (" fr ", "fr"),
            ("spa", "es"),
            ("iw", "he"),
            ("no", "no"),
            ("zh-Hant-TW", "zh"),
            ("sr-Latn", "sr"),
            ("haw", "haw"),
            ("English", "en"),
        ] {
            assert_eq!(code(tag).as_deref(), Some(expected), "{tag}");
        }
        for tag in ["", "und", "x", "mul", "12", "klingonese"] {
            assert_eq!(code(tag), None, "{tag}");
        }
    }
}
