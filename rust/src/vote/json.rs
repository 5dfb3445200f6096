//! JSON (RFC 8259) read strictly: texts in UTF-8 without lone surrogates, no key twice, numbers kept as written.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Fault;

const TWICE: &str = "a key is there twice";
const NOT_JSON: Fault = Fault::Malformed { code: "malformed", reason: "the body is not JSON in UTF-8" };

/// A value of a field, as far as a vote cares.
#[derive(Debug)]
pub enum Value {
    Text(String),
    Number(String),
    Other,
}

/// The fields of an object, in their order; a fault when the bytes hold none.
pub fn fields_of(body: &[u8]) -> Result<Vec<(String, Value)>, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| NOT_JSON)?;
    let inner = text.trim_start_matches([' ', '\t', '\r', '\n']);
    if inner.is_empty() {
        return Err(Fault::Malformed { code: "body_not_object", reason: "the body is empty" });
    }
    if !inner.starts_with('{') {
        serde_json::from_str::<Checked>(inner).map_err(fault_of)?;
        return Err(Fault::Malformed { code: "body_not_object", reason: "the body is not a JSON object" });
    }
    let Pairs(pairs) = serde_json::from_str(inner).map_err(fault_of)?;
    pairs.into_iter().map(|(key, raw)| Ok((key, value_of(raw.get())?))).collect()
}

fn value_of(raw: &str) -> Result<Value, Fault> {
    match raw.as_bytes()[0] {
        b'"' => serde_json::from_str(raw).map(Value::Text).map_err(fault_of),
        b'-' | b'0'..=b'9' => Ok(Value::Number(raw.to_owned())),
        _ => serde_json::from_str::<Checked>(raw).map(|_| Value::Other).map_err(fault_of),
    }
}

fn fault_of(error: serde_json::Error) -> Fault {
    if error.is_data() && error.to_string().starts_with(TWICE) {
        return Fault::Malformed { code: "duplicate_key", reason: TWICE };
    }
    NOT_JSON
}

/// The pairs of an object whose keys differ; a value may hide a key that is there twice.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;

            fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut pairs, mut keys) = (Vec::new(), HashSet::new());
                while let Some((key, value)) = map.next_entry::<String, _>()? {
                    keys.insert(key.clone());
                    pairs.push((key, value));
                }
                if keys.len() < pairs.len() { Err(A::Error::custom(TWICE)) } else { Ok(Pairs(pairs)) }
            }
        }
        from.deserialize_map(Reader)
    }
}

/// Any value without a key that is there twice.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Checker)
    }
}

struct Checker;

impl<'de> Visitor<'de> for Checker {
    type Value = Checked;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E>(self, _: &str) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Checked, A::Error> {
        while seq.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Checked, A::Error> {
        let mut keys = HashSet::new();
        let mut twice = false;
        while let Some((key, _)) = map.next_entry::<String, Checked>()? {
            twice |= !keys.insert(key);
        }
        if twice { Err(A::Error::custom(TWICE)) } else { Ok(Checked) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn an_object_of_many_keys_is_read_in_time_that_grows_with_their_number() {
        let keys: Vec<String> = (0..32_000).map(|number| format!("\"{number}\":0")).collect();
        let begun = Instant::now();
        assert_eq!(fields_of(format!("{{{}}}", keys.join(",")).as_bytes()).expect("an object").len(), 32_000);
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}
