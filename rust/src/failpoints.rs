//! Named points on a vote's way where tests let a process die, wait or fail; nothing happens unless armed.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static ARMED: OnceLock<HashMap<String, Point>> = OnceLock::new();

struct Point {
    action: Action,
    passes: AtomicU64,
}

#[derive(Debug, PartialEq)]
enum Action {
    /// The process dies at the N-th pass.
    Kill(u64),
    /// The first N passes fail.
    Fail(u64),
    /// The first N passes panic.
    Panic(u64),
    /// Each pass takes longer.
    Wait(Duration),
}

/// Raised at a point that was armed to fail.
#[derive(Debug)]
pub struct Failed;

/// Marks a point; does what it was armed with.
pub fn failpoint(name: &str) -> Result<(), Failed> {
    match ARMED.get().and_then(|armed| armed.get(name)) {
        None => Ok(()),
        Some(point) => point.pass(),
    }
}

/// Arms points from `name=kill`, `name=kill:N` (at the N-th pass), `name=fail:N`, `name=panic:N` (the first N passes)
/// and `name=wait:SECONDS`, by commas; says what else the text says.
pub fn arm(spec: &str) -> Result<(), String> {
    let mut points = HashMap::new();
    for part in spec.split(',').filter(|part| !part.is_empty()) {
        let (name, action) =
            parse(part).ok_or_else(|| format!("a failpoint is armed with kill, wait, sleep, fail, panic: {part}"))?;
        points.insert(name, Point { action, passes: AtomicU64::new(0) });
    }
    if !points.is_empty() {
        ARMED.set(points).map_err(|_| "failpoints are armed once".to_owned())?;
    }
    Ok(())
}

fn parse(part: &str) -> Option<(String, Action)> {
    let (name, rest) = part.split_once('=')?;
    let (kind, number) = rest.split_once(':').unwrap_or((rest, "1"));
    let action = match kind {
        "kill" => Action::Kill(number.parse().ok()?),
        "fail" => Action::Fail(number.parse().ok()?),
        "panic" => Action::Panic(number.parse().ok()?),
        "wait" | "sleep" => Action::Wait(Duration::try_from_secs_f64(number.parse().ok()?).ok()?),
        _ => return None,
    };
    Some((name.to_owned(), action))
}

impl Point {
    #[allow(clippy::panic)] // that is what it is armed for
    fn pass(&self) -> Result<(), Failed> {
        let pass = self.passes.fetch_add(1, Ordering::Relaxed) + 1;
        match self.action {
            Action::Kill(at) if pass == at => std::process::abort(),
            Action::Fail(first) if pass <= first => return Err(Failed),
            Action::Panic(first) if pass <= first => panic!("armed to panic here"),
            Action::Wait(time) => std::thread::sleep(time),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_armed_by_its_kind_and_number() {
        assert_eq!(parse("log.append=kill:3"), Some(("log.append".to_owned(), Action::Kill(3))));
        assert_eq!(parse("a=wait:0.5"), Some(("a".to_owned(), Action::Wait(Duration::from_millis(500)))));
        assert_eq!(parse("a=panic"), Some(("a".to_owned(), Action::Panic(1))));
    }

    #[test]
    fn another_text_is_refused() {
        assert_eq!(parse("a=explode"), None);
        assert!(arm("a").unwrap_err().ends_with(": a"));
    }

    #[test]
    fn a_point_fails_as_often_as_it_was_told() {
        let point = Point { action: Action::Fail(2), passes: AtomicU64::new(0) };
        let failed: Vec<bool> = (0..3).map(|_| point.pass().is_err()).collect();
        assert_eq!(failed, [true, true, false]);
    }
}
