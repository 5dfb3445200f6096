//! Makes the code of `rockola.v1` from contract/vote.proto, the only definition.

use std::error::Error;
use std::path::PathBuf;

use prost::Message;

const CONTRACT: &str = "../contract";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={CONTRACT}/vote.proto");
    let described = protox::compile(["vote.proto"], [CONTRACT])?;
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("vote.bin"), described.encode_to_vec())?;
    tonic_prost_build::configure().codec_path("crate::server::codec::Checked").compile_fds(described)?;
    Ok(())
}
