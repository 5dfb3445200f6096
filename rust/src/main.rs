//! The door of rockola in Rust: `rockola-door gateway` reads votes over HTTP, `rockola-door server` appends them.

mod gateway;
mod log;
mod server;
mod vote;

/// What contract/vote.proto defines.
mod pb {
    #![allow(clippy::all, clippy::unwrap_used, clippy::expect_used)]
    tonic::include_proto!("rockola.v1");
}

fn main() {}
