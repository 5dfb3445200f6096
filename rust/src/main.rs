//! The door of rockola in Rust: `rockola-door gateway` reads votes over HTTP, `rockola-door server` appends them.

mod app;
mod failpoints;
mod failure;
mod gateway;
mod log;
mod metrics;
mod probes;
mod process;
mod server;
mod settings;
mod vote;
mod waits;

/// What contract/vote.proto defines.
mod pb {
    #![allow(clippy::all, clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]
    tonic::include_proto!("rockola.v1");

    /// The same, as a server describes itself.
    pub const DESCRIBED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/vote.bin"));
}

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match app::run(settings::Line::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.code()
        }
    }
}
