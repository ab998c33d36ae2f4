//! The plot and the table of `docs/rhythm.md` are what the replay gives.

#[path = "../../benches/rhythm.rs"]
#[expect(dead_code, reason = "the bench has a main")]
mod replay;

use super::broker::root;
use replay::{Pattern, Policy, plot, replay, table};

const MARKS: (&str, &str) = ("<!-- table -->\n", "<!-- end of table -->");

/// `UPDATE_EXPECT=1` writes both anew.
#[test]
fn plot_and_table_are_what_the_replay_gives() {
    let results = replay();
    let (table, plot) = (table(&results), plot(&results));
    let (svg, page) = (root().join("docs/rhythm.svg"), root().join("docs/rhythm.md"));
    let text = std::fs::read_to_string(&page).expect("the page");
    let (before, rest) = text.split_once(MARKS.0).expect("where the table begins");
    let (written, after) = rest.split_once(MARKS.1).expect("where it ends");
    if copydesk::config::environment("UPDATE_EXPECT").is_some() {
        std::fs::write(&page, format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1)).expect("written");
        std::fs::write(&svg, &plot).expect("written");
        return;
    }
    assert_eq!(written, table, "write it anew: UPDATE_EXPECT=1");
    assert_eq!(std::fs::read_to_string(&svg).expect("the plot"), plot, "write it anew: UPDATE_EXPECT=1");
    // What the page says of it.
    let of = |pattern, policy| {
        let mut found = results.iter().filter(|result| (result.pattern, result.policy) == (pattern, policy));
        found.next().expect("every pair").clone()
    };
    for pattern in Pattern::ALL {
        let ours = of(pattern, Policy::Copydesk);
        assert!(ours.polls_a_day >= 0.9 && ours.polls_a_day <= 290.0, "{ours:?}");
    }
    assert!(of(Pattern::Dead, Policy::Copydesk).polls_a_day < 1.2);
}
