//! Handlers to compare with: they do less than our functions, in the languages that most Lambda functions use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds a handler in Node with AWS's SDK for JavaScript, bundled and minified; returns its command line, or the
/// reason why it can't be built.
pub fn build_node(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let node = run(Command::new("node").args(["-p", "process.execPath"]))?;
    fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#).unwrap();
    fs::write(folder.join("handler.mjs"), include_str!("handler.mjs")).unwrap();
    let packages = ["@aws-sdk/client-dynamodb@3", "esbuild@0.25"];
    run(Command::new("npm").current_dir(folder).args(["install", "--no-audit", "--no-fund"]).args(packages))?;
    let bundle = folder.join("bundle.mjs");
    // Some parts of the SDK still use `require`.
    let require =
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
    run(Command::new(folder.join("node_modules/.bin/esbuild"))
        .current_dir(folder)
        .args(["handler.mjs", "--bundle", "--minify", "--platform=node", "--target=node20", "--format=esm"])
        .arg(format!("--banner:js={require}"))
        .arg(format!("--outfile={}", bundle.display())))?;
    Ok(vec![node.into(), bundle])
}

/// Writes a handler in Python with boto3; returns its command line, or the reason why it can't run.
pub fn write_python(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let python = run(Command::new("python3").args(["-c", "import boto3, sys; print(sys.executable)"]))?;
    let handler = folder.join("handler.py");
    fs::write(&handler, include_str!("handler.py")).unwrap();
    Ok(vec![python.into(), handler])
}

/// Runs a command; returns its standard output, or the reason of its failure.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
