//! What `examples/train_names.rs` needs of this room: examples of runs with their right labels,
//! seen through the same features as the tagger's, and the table's layout.

use super::{
    super::{Tagger, forms, words::Words},
    features::{SLOT_BITS, Scene},
    model::{self, LABELS},
};

/// A run of words with its right labels.
#[doc(hidden)]
#[derive(Debug)]
pub struct Example {
    /// Slots of the features of each word.
    pub slots: Vec<Vec<u32>>,
    /// The label of each word.
    pub labels: Vec<usize>,
}

/// The runs of a text. `spans` are names in bytes of the text: begin, end and kind, 0 to 3.
#[doc(hidden)]
pub fn examples(
    tagger: &Tagger,
    text: &str,
    language: &str,
    spans: &[(usize, usize, usize)],
) -> Vec<Example> {
    let words = Words::new("", text);
    let mentions =
        tagger.gazetteer.scan(&tagger.atlas, &words, forms::mask(language) | (1 << 15), language == "de");
    let scene = Scene::new(&words, language, &tagger.cues, &tagger.gazetteer, &mentions);
    let mut list = Vec::new();
    for run in scene.runs() {
        let mut example = Example { slots: Vec::new(), labels: Vec::new() };
        let mut before = None;
        for at in run.clone() {
            let mut slots = Vec::new();
            scene.features(at, &run, &mut slots);
            let word = words.list.get(at).map(|word| word.span).unwrap_or_default();
            let span = spans.iter().position(|span| span.0 <= word.start && word.end <= span.1);
            let kind = span.and_then(|span| spans.get(span)).map(|span| span.2);
            let begins = span.is_some() && span != before;
            example.labels.push(kind.map_or(0, |kind| 1 + 2 * kind + usize::from(!begins)));
            example.slots.push(slots);
            before = span;
        }
        list.push(example);
    }
    list
}

/// The best labels under weights that are being learnt.
#[doc(hidden)]
pub fn best(rows: &[[i32; LABELS]], steps: &[[i32; LABELS]; LABELS]) -> Vec<usize> {
    let step = |before: usize, label: usize| steps.get(before).and_then(|row| row.get(label)).copied();
    model::best(rows, |before, label| step(before, label).unwrap_or_default())
}

/// A number made from the features of a sample: it differs for different features, whose table this
/// program would misread.
#[doc(hidden)]
pub fn fingerprint(tagger: &Tagger) -> String {
    const SAMPLE: &str = "Yesterday Mayor Olena Vask of Trenholm told the Brask Council: \
                          \"Vask-Lind (Orvik AB).\" Vask, 47, of Keshmoor.";
    let slots = examples(tagger, SAMPLE, "en", &[]).into_iter().flat_map(|run| run.slots).flatten();
    let hash = slots.flat_map(u32::to_le_bytes).fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{hash:016x}")
}

/// Number of slots of the table.
#[doc(hidden)]
pub fn slots() -> usize {
    1 << SLOT_BITS
}

/// The table's bytes from its header, the steps and the weights of each slot.
#[doc(hidden)]
pub fn table(header: &str, steps: &[[i16; LABELS]; LABELS], weights: &[[i8; LABELS - 1]]) -> Vec<u8> {
    let mut bytes = header.as_bytes().to_vec();
    bytes.push(0);
    steps.iter().flatten().for_each(|step| bytes.extend(step.to_le_bytes()));
    weights.iter().flatten().for_each(|weight| bytes.extend(weight.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_was_learnt_from_the_features_of_today() {
        let today = fingerprint(&Tagger::builtin());
        assert_eq!(
            model::Model::features(),
            Some(today.as_str()),
            "features.rs has changed what the slots mean: learn the table again (make train-names)"
        );
    }
}
