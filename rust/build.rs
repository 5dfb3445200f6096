//! Makes the code of `rockola.v1` from contract/vote.proto, the only definition.

use std::error::Error;
use std::path::PathBuf;

const CONTRACT: &str = "../contract";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={CONTRACT}/vote.proto");
    let descriptors = protox::compile(["vote.proto"], [CONTRACT])?;
    let described = PathBuf::from(std::env::var("OUT_DIR")?).join("vote.bin");
    tonic_prost_build::configure()
        .file_descriptor_set_path(&described)
        .compile_fds(descriptors)?;
    Ok(())
}
