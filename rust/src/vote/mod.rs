//! What a vote is: values, the rules of their fields and their written forms. No I/O.

pub mod body;
pub mod codec;
pub mod contest;
pub mod error;
#[cfg(test)]
mod examples;
pub mod json;
pub mod model;
pub mod place;
pub mod record;
pub mod text;
pub mod voter;
