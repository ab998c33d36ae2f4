use proptest::prelude::*;

use super::*;

fn code(title: &str, text: &str, claimed: Option<&str>) -> String {
    detect(title, [text], claimed).code
}

#[test]
fn scripts_decide_alone() {
    for (text, expected) in [
        ("Η βουλή ψήφισε", "el"),
        ("รัฐสภาลงมติเมื่อวานนี้", "th"),
        ("국회가 어제 예산안을 통과시켰다", "ko"),
        ("国会は昨日、予算案を可決した", "ja"),
        ("议会昨天通过了预算", "zh"),
        ("პარლამენტმა ბიუჯეტი დაამტკიცა", "ka"),
        ("Խորհրդարանն ընդունեց բյուջեն", "hy"),
        ("பாராளுமன்றம் நேற்று", "ta"),
        ("FIFA主席因凡蒂诺访问 UEFA", "zh"),
    ] {
        assert_eq!(code("", text, None), expected, "{text}");
    }
}

#[test]
fn a_claim_is_a_prior() {
    let english = "The council met on Thursday and agreed to spend more on schools and roads.";
    let danish = "Byrådet har i aften besluttet at bygge en ny skole ved fjorden.";
    // The text overrules a claim that is clearly wrong, and one in another script at once.
    assert_eq!(code("", english, Some("de-DE")), "en");
    assert_eq!(code("", english, Some("ru")), "en");
    assert_eq!(code("", "Совет собрался в четверг", Some("en")), "ru");
    // Too little text to overrule it, or a neighbour that is written nearly alike.
    assert_eq!(code("", "Merkel: Nein", Some("fr")), "fr");
    assert_eq!(code("", danish, Some("no")), "no");
    assert_eq!(code("", "議會昨天通過了預算", Some("yue")), "yue");
    // Nothing to go by.
    assert_eq!(code("", "2:1", Some("pt-BR")), "pt");
    assert_eq!(code("", "2:1", None), "und");
}

#[test]
fn short_or_strange_texts_are_unknown() {
    for text in ["", "12 345", "Xqz", "OK"] {
        assert_eq!(code("", text, None), "und", "{text}");
    }
}

#[test]
fn headlines_are_told() {
    for (title, expected) in [
        ("Council agrees to build a new school by the river", "en"),
        ("Stadtrat beschließt den Bau einer neuen Schule am Fluss", "de"),
        ("Le conseil municipal vote la construction d’une école", "fr"),
        ("El ayuntamiento aprueba construir una escuela junto al río", "es"),
        ("Câmara aprova construção de nova escola junto ao rio", "pt"),
        ("Halmashauri yaidhinisha ujenzi wa shule mpya kando ya mto", "sw"),
        ("Meclis nehir kenarına yeni bir okul yapılmasını onayladı", "tr"),
        ("Rada miasta zgodziła się na budowę nowej szkoły nad rzeką", "pl"),
        ("Golaha deegaanka ayaa ansixiyay dhismaha iskuul cusub", "so"),
        ("Міська рада погодилася збудувати нову школу біля річки", "uk"),
        ("Градският съвет одобри строежа на ново училище край реката", "bg"),
        ("شورای شهر ساخت مدرسه‌ای تازه کنار رود را تصویب کرد", "fa"),
    ] {
        assert_eq!(code(title, "", None), expected, "{title}");
    }
}

#[test]
fn the_table_is_whole() {
    let model = Model::builtin();
    let known = model.languages();
    assert!(known >= 90, "{known} languages");
}

#[test]
fn a_table_of_another_form_is_refused() {
    assert!(Model::read(b"copydesk letter groups 2\n\0").unwrap_err().contains("does not begin"));
    assert_eq!(Model::read(b"copydesk letter groups 1\n\0").unwrap_err(), "the table ends early");
    let script = b"copydesk letter groups 1\n\0\x01\0\0\0en\0\0\0\0\0\0\0\0\0\x80\0\0\0\0";
    assert!(Model::read(script).unwrap_err().contains("`en` has a script that this program does not know"));
}

proptest! {
    #[test]
    fn any_text_has_an_answer(title in "\\PC{0,60}", text in "\\PC{0,300}", claimed in "\\PC{0,8}") {
        let language = detect(&title, [text.as_str()], Some(&claimed));
        prop_assert!((0.0..=1.0).contains(&language.confidence));
        prop_assert!((2..=3).contains(&language.code.len()));
    }
}
