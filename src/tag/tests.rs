use super::*;

#[test]
fn scratch() {
    let tagger = Tagger::builtin();
    let Ok(list) = std::env::var("TAG_SCRATCH") else { return };
    for line in std::fs::read_to_string(list).unwrap().lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        let s = |k: &str| v[k].as_str().unwrap_or_default();
        let out = tagger.tag(&Tagging { title: s("title"), text: s("text"), declared_language: v["declared"].as_str(), ..Tagging::default() });
        println!("#### {} [{}] {} {:.2}", s("id"), s("lang"), out.language.code, out.language.confidence);
        for t in &out.tags {
            println!("  {:.2} {} {:?}", t.score, t.id, t.evidence);
        }
    }
}
