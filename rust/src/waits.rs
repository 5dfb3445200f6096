//! How long anything may take, in seconds. The published values; a test sets its own.

use std::time::Duration;

/// Deadlines of both parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waits {
    /// A connection's headers.
    pub headers: Duration,
    /// A request's body.
    pub body: Duration,
    /// A connection without a request.
    pub idle: Duration,
    /// A CastOne, whatever its deadline says.
    pub call: Duration,
    /// A stream that keeps silent; a gateway opens a new one when it needs it.
    pub silence: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(5),
            body: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            call: Duration::from_secs(10),
            silence: Duration::from_secs(300),
        }
    }
}

impl Waits {
    /// Those of `name=SECONDS`, by commas; the others as published.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut waits = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, seconds) = part.split_once('=').ok_or_else(|| format!("no number in {part}"))?;
            let wait = match name {
                "headers" => &mut waits.headers,
                "body" => &mut waits.body,
                "idle" => &mut waits.idle,
                "call" => &mut waits.call,
                "silence" => &mut waits.silence,
                _ => return Err(format!("no wait is named {name}")),
            };
            let number = seconds.parse().map_err(|_| format!("no seconds: {seconds}"))?;
            *wait = Duration::try_from_secs_f64(number).map_err(|error| error.to_string())?;
        }
        Ok(waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_is_named_is_changed_alone() {
        let waits = Waits::parse("call=0.5").unwrap();
        assert_eq!(waits, Waits { call: Duration::from_millis(500), ..Waits::default() });
    }

    #[test]
    fn an_unknown_wait_is_named() {
        assert_eq!(Waits::parse("calls=1"), Err("no wait is named calls".to_owned()));
    }
}
