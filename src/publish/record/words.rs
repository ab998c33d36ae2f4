//! How many words a text has, in any script.

/// Characters per word in scripts that do not separate words: about two in Chinese and Japanese
/// (1.5 to 1.9 in segmented newspaper Chinese, 2 to 2.5 in Japanese), four to five in Thai, Lao,
/// Burmese and Khmer with their vowel signs.
const HAN_WORD: usize = 2;
const THAI_WORD: usize = 5;

/// The number of words in `text`: counted if the script separates words, else (Chinese, Japanese,
/// Thai, Lao, Burmese, Khmer) estimated from the number of characters.
pub fn word_count(text: &str) -> u64 {
    let (mut words, mut run) = (0, Run::default());
    for c in text.chars() {
        let script = Script::of(c);
        if script != run.script {
            words += run.words();
            run = Run { script, chars: 0 };
        }
        run.chars += 1;
    }
    words + run.words()
}

/// Characters of one kind in a row.
#[derive(Default)]
struct Run {
    script: Script,
    chars: usize,
}

impl Run {
    fn words(&self) -> u64 {
        let words = match self.script {
            Script::Gap => 0,
            Script::Spaced => 1,
            Script::Han => self.chars.div_ceil(HAN_WORD),
            Script::Thai => self.chars.div_ceil(THAI_WORD),
        };
        words as u64
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Script {
    /// White space, and marks of scripts that have no words around them.
    #[default]
    Gap,
    /// Set apart by white space.
    Spaced,
    Han,
    Thai,
}

impl Script {
    fn of(c: char) -> Self {
        match c {
            '\u{3040}'..='\u{30ff}' | '\u{3105}'..='\u{312f}' | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{323af}' | '\u{3005}'..='\u{3007}'
                // The middle dot of Katakana stands between words.
                if c != '\u{30fb}' =>
            {
                Self::Han
            }
            // Thai and Lao, Burmese, Khmer.
            '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Self::Thai,
            // Punctuation of these scripts, and full-width forms of it.
            '\u{3000}'..='\u{303f}' | '\u{30fb}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}'
            | '\u{ff3b}'..='\u{ff40}' | '\u{ff5b}'..='\u{ff65}' => Self::Gap,
            c if c.is_whitespace() => Self::Gap,
            _ => Self::Spaced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_something_in_every_script() {
        for (text, least, most) in [
            ("", 0, 0),
            ("A ferry, at last: the 9:40.", 6, 6),
            ("Fähren fahren wieder – seit heute", 6, 6),
            ("한국어 문장은 띄어 씁니다", 4, 4),
            // 28 characters without the marks.
            ("港湾局は月曜日、来週から北防波堤を車両通行止めにすると発表した。", 13, 16),
            ("港务局星期一宣布，从下星期起禁止车辆驶上北防波堤。", 10, 13),
            ("กรมเจ้าท่าประกาศว่าจะปิดสะพานตั้งแต่สัปดาห์หน้า", 8, 12),
            ("ເຮືອຂ້າມຟາກຈະຢຸດແລ່ນໃນເດືອນໜ້າ", 5, 8),
            ("ကူးတို့သင်္ဘောသည် လာမည့်လတွင် ရပ်နားမည်", 7, 12),
            ("新しいiPhone 17が発売された。", 6, 9),
            ("ジョン・スミス氏", 4, 5),
        ] {
            let words = word_count(text);
            assert!((least..=most).contains(&words), "{text}: {words}");
        }
    }
}
