//! Waiting for something that happens in another process.

use std::time::Duration;

use tokio::time::Instant;

/// Looks every 50 ms until `condition` gives a value.
///
/// # Panics
/// With `what` where `limit` passes first.
pub fn until<T>(what: &str, limit: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
