//! Politeness: the checks of `tests/politeness` against the real scheduler, polls and fetcher, a
//! scripted web of virtual hosts on loopback, and a clock that jumps.
//!
//! `POLITENESS_CASE=A2` runs one, aloud; `POLITENESS_TABLE=write` writes the table of the README.

pub mod case;
mod desk;
pub mod hub;
pub mod origin;
mod steps;
mod table;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use case::Case;

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// As it has to be.
    Passed,
    /// Otherwise on purpose, and the steps show how.
    Differs,
    /// Not there yet.
    Missing,
    /// Otherwise.
    Failed(String),
}

fn verdict(case: &Case) -> Verdict {
    if case.missing.is_some() {
        return Verdict::Missing;
    }
    let run = catch_unwind(AssertUnwindSafe(|| {
        table::assert_shown(case);
        steps::run(case);
    }));
    match run {
        Ok(()) if case.differs.is_some() => Verdict::Differs,
        Ok(()) => Verdict::Passed,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Verdict::Failed(text.unwrap_or_default())
        }
    }
}

/// All cases, several at once: most of a case is waiting.
fn verdicts(cases: &[Case]) -> BTreeMap<String, Verdict> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
                    let verdict = verdict(case);
                    found.lock().expect("no panic while it is held").insert(case.id.clone(), verdict);
                }
            });
        }
    });
    let mut found = found.into_inner().expect("no panic while it was held");
    // A check with parts is what they are.
    let failed: Vec<(String, String)> = found
        .iter()
        .filter_map(|(id, verdict)| {
            let (whole, _) = id.split_once('.')?;
            matches!(verdict, Verdict::Failed(_)).then(|| (whole.to_owned(), format!("its part {id} failed")))
        })
        .collect();
    found.extend(failed.into_iter().map(|(whole, why)| (whole, Verdict::Failed(why))));
    found
}

#[test]
fn every_check_is_as_it_has_to_be() {
    let cases = case::all(&table::folder());
    if let Some(id) = copydesk::config::environment("POLITENESS_CASE") {
        let case = cases.iter().find(|case| case.id == id).expect("a case of that id");
        table::assert_shown(case);
        return steps::run(case);
    }
    table::assert_ids(&cases);
    let verdicts = verdicts(&cases);
    let failed: Vec<(&String, &Verdict)> =
        verdicts.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Failed(_))).collect();
    println!("{}", table::of(&cases, &verdicts));
    assert!(failed.is_empty(), "{failed:#?}");
    table::assert_written(&table::of(&cases, &verdicts));
}
