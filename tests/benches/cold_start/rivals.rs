//! What our functions are measured beside: handlers that do less, in the languages most functions are written in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A handler in Node with AWS's SDK for JavaScript, bundled and minified: the command's arguments, or why not.
pub fn node(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let node = says(Command::new("node").args(["-p", "process.execPath"]))?;
    fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#).unwrap();
    fs::write(folder.join("handler.mjs"), include_str!("handler.mjs")).unwrap();
    let packages = ["@aws-sdk/client-dynamodb@3", "esbuild@0.25"];
    says(
        Command::new("npm").current_dir(folder).args(["install", "--no-audit", "--no-fund"]).args(packages),
    )?;
    let bundle = folder.join("bundle.mjs");
    // A module that some of the SDK's parts still ask for by `require`.
    let require =
        "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
    says(
        Command::new(folder.join("node_modules/.bin/esbuild"))
            .current_dir(folder)
            .args([
                "handler.mjs",
                "--bundle",
                "--minify",
                "--platform=node",
                "--target=node20",
                "--format=esm",
            ])
            .arg(format!("--banner:js={require}"))
            .arg(format!("--outfile={}", bundle.display())),
    )?;
    Ok(vec![node.into(), bundle])
}

/// A handler in Python with boto3: the command's arguments, or why not.
pub fn python(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let python = says(Command::new("python3").args(["-c", "import boto3, sys; print(sys.executable)"]))?;
    let handler = folder.join("handler.py");
    fs::write(&handler, include_str!("handler.py")).unwrap();
    Ok(vec![python.into(), handler])
}

/// What a command says, or why it could not.
fn says(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}
