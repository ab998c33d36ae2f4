//! Bylines in Chinese, Japanese and Korean, which separate names and labels by punctuation and
//! endings.

/// Labels of authors, the longest first: what follows is a name.
const LABELS: [&str; 34] = [
    "本報記者",
    "本报记者",
    "実習記者",
    "实习记者",
    "實習記者",
    "特约记者",
    "文章作者",
    "編集委員",
    "論説委員",
    "責任記者",
    "通讯员",
    "撰文",
    "撰稿",
    "作者",
    "记者",
    "記者",
    "執筆",
    "著者",
    "筆者",
    "取材・文",
    "取材",
    "文＝",
    "文=",
    "文・",
    "文／",
    "文/",
    "文｜",
    "文｜",
    "文：",
    "文:",
    "ライター",
    "글쓴이",
    "글",
    "기자",
];
/// Labels of others: what follows is not the author.
const OTHERS: [&str; 22] = [
    "责任编辑",
    "責任編輯",
    "责编",
    "責編",
    "编辑",
    "編輯",
    "編集",
    "来源",
    "來源",
    "出典",
    "摄影",
    "攝影",
    "撮影",
    "写真",
    "图",
    "圖",
    "사진",
    "출처",
    "편집",
    "字号",
    "字號",
    "聞き手",
];
/// Words after a name.
const ENDINGS: [&str; 25] = [
    "实习记者",
    "선임기자",
    "인턴기자",
    "수습기자",
    "객원기자",
    "전문기자",
    "기자",
    "특파원",
    "논설위원",
    "편집위원",
    "앵커",
    "리포터",
    "에디터",
    "칼럼니스트",
    "记者",
    "記者",
    "报道",
    "報道",
    "報導",
    "综合报道",
    "撰稿",
    "特派員",
    "さん",
    "氏",
    "摄影",
];
/// Characters that separate the parts of a byline.
const MARKS: [char; 20] = [
    '|', '｜', '：', ':', '／', '/', '・', '·', '=', '＝', '(', ')', '（', '）', '[', ']', '【', '】', '，',
    '、',
];
/// Longest name, in characters.
const NAME_MAX: usize = 9;

/// The names in a byline in one of these scripts; `None` if it is in another.
pub(super) fn names(text: &str, is_japanese: bool) -> Option<Vec<String>> {
    let own = text.chars().filter(|char| is_own(*char)).count();
    let others =
        text.chars().filter(|char| char.is_alphabetic() && !is_own(*char) && !char.is_ascii()).count();
    if own < 2 || others > own {
        return None;
    }
    let mut out: Vec<String> = Vec::new();
    let (mut wrote, mut labelled) = (true, false);
    for part in text.split([
        ' ', '|', '｜', ',', '，', '、', '·', '(', ')', '（', '）', '[', ']', '【', '】', '=', '＝', ';',
        '；', '&', '〈', '〉',
    ]) {
        let mut part = part.trim_matches(|char: char| !char.is_alphanumeric());
        if part.is_empty() || part.contains('@') {
            continue;
        }
        if let Some(rest) = OTHERS.iter().find_map(|label| part.strip_prefix(label)) {
            (wrote, labelled) = (false, true);
            part = rest;
        } else if let Some(rest) = LABELS.iter().find_map(|label| part.strip_prefix(label)) {
            part = rest.trim_matches(MARKS);
            if !part.is_empty() && (!labelled || !wrote) {
                out.clear();
            }
            (wrote, labelled) = (true, true);
        }
        let mut name = part.trim_matches(MARKS);
        while let Some(shorter) = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)) {
            name = shorter.trim_matches(MARKS);
        }
        let is_part = is_japanese && name.chars().count() == 1 && name.chars().all(is_own);
        if wrote && (is_name(name) || is_part) && !out.iter().any(|other| other == name) {
            out.push(name.to_owned());
        }
    }
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    (!out.is_empty() || latin < 4).then(|| if is_japanese { joined(out, text) } else { out })
}

/// Whether a label in one of these scripts says that a name follows, or an ending that it came
/// before.
pub(super) fn is_labelled(text: &str) -> bool {
    text.split([' ', '(', '[', '（', '【']).any(|part| LABELS.iter().any(|label| part.starts_with(label)))
        || ENDINGS.iter().take(9).any(|ending| text.contains(ending))
}

/// Joins family name and given name that are written apart, as in Japanese.
fn joined(names: Vec<String>, text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if let Some(last) = out.last_mut()
            && !last.contains(' ')
            && last.chars().count() <= 3
            && name.chars().count() <= 3
            && text.contains(&format!("{last} {name}"))
        {
            *last = format!("{last} {name}");
        } else {
            out.push(name);
        }
    }
    out
}

/// Whether it is Han, kana or Hangul.
fn is_own(char: char) -> bool {
    is_kana(char) || is_hangul(char) || matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
}

fn is_kana(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}')
}

fn is_hangul(char: char) -> bool {
    matches!(char, '\u{ac00}'..='\u{d7a3}')
}

/// Whether a text is as many characters of these scripts as a name has, and not a place of
/// publication.
fn is_name(text: &str) -> bool {
    const PAPERS: [&str; 14] = [
        "新闻",
        "新聞",
        "电视",
        "電視",
        "编辑",
        "編集部",
        "取材班",
        "일보",
        "신문",
        "뉴스",
        "방송",
        "경제",
        "통신",
        "通信",
    ];
    const ENDS: [&str; 8] = ["网", "網", "社", "日报", "日報", "时报", "時報", "晚报"];
    (2..=NAME_MAX).contains(&text.chars().count())
        && text.chars().all(is_own)
        && !PAPERS.iter().any(|paper| text.contains(paper))
        && !ENDS.iter().any(|end| text.ends_with(end))
}
