//! Measures how long a function needs to start: `cargo bench -p e2e --bench cold_start`.
//!
//! The functions' real programs, as they are deployed (profile `lambda` behind the API, `release` on queues), are
//! started many times on the embedded stores. The time is measured from the start to the answer to the first event,
//! which reads rows. For comparison a handler in Node and one in Python run in turn with them; each reads one row with
//! AWS's SDK in a runtime loop of a few lines, which is less work than Lambda's own runtimes do. Compare only ratios
//! within one run.
//!
//! It builds the programs first, which takes minutes. Node's handler needs `node` and `npm` (the SDK and esbuild come
//! from the registry), Python's needs `boto3`; a handler whose tools are missing is left out with a message.
//! Paths after `--` are other builds of open-link to measure: `cargo bench -p e2e --bench cold_start -- /tmp/open-link-z`. With
//! `--profile dev` the bench itself is built faster; it is not measured.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures and stops at any error"
)]

mod rivals;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use e2e::samples::{self, request};
use e2e::{Bootstrap, Site, bootstrap, story};
use serde_json::json;

/// The functions that people wait for; the others work on queues. The same list as in `infra/aws/build`.
const BEHIND_API: [&str; 6] =
    ["administer-site", "browse-library", "download-assets", "manage-links", "open-link", "serve-app"];
const RIVALS: [&str; 2] = ["Node, AWS SDK v3", "Python, boto3"];
/// The limits for functions behind the API: resident bytes, bytes of the zip, and how many times slower the start of
/// the Node and Python handlers must be.
const MOST_MEMORY: u64 = 25_000_000;
const MOST_ZIPPED: u64 = 3_000_000;
const LEAST_RATIO: f64 = 20.0;
/// Measured starts of each program, after a few that are not measured.
const MEASURED: usize = 30;
const WARM_UP: usize = 3;
/// The root certificates of a Debian system, to measure what our short list of roots saves.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Landing pages requested from a running program.
const PAGES: u32 = 2_000;

/// A program to start.
struct Program {
    name: String,
    command: Vec<PathBuf>,
    further: Vec<(&'static str, String)>,
    event: String,
    starts: Vec<Duration>,
    /// Resident bytes after the first answer.
    memory: u64,
}

impl Program {
    fn new(name: &str, command: Vec<PathBuf>, event: String) -> Self {
        Self { name: name.to_owned(), command, further: Vec::new(), event, starts: Vec::new(), memory: 0 }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        command
    }

    async fn start(&mut self, site: &Site) {
        let mut set = bootstrap::environment(site.on_ports().await);
        set.extend(self.further.iter().cloned());
        let folder = site.folder("cold start");
        let start = Instant::now();
        let (running, answer) =
            Bootstrap::start_with(self.command(), &self.name, &set, folder, &self.event).await;
        self.starts.push(start.elapsed());
        answer.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        self.memory = running.usage().memory();
    }

    fn median(&self) -> f64 {
        let mut starts = self.starts[WARM_UP..].to_vec();
        starts.sort();
        starts[starts.len() / 2].as_secs_f64() * 1000.0
    }
}

fn main() {
    story(async {
        let target = std::env::current_exe().unwrap();
        let target = target.ancestors().nth(3).unwrap();
        let (behind_api, others): (Vec<String>, Vec<String>) =
            bootstrap::functions().into_iter().partition(|function| BEHIND_API.contains(&function.as_str()));
        let built = [("lambda", behind_api), ("release", others)];
        for (profile, functions) in &built {
            println!("building with the profile {profile}: {} …", functions.join(", "));
            bootstrap::build(target, profile, functions, &[]);
        }
        let site = Site::start().await;
        let mut programs = Vec::new();
        for (profile, functions) in &built {
            for function in functions {
                let event = samples::all().into_iter().rfind(|sample| sample.function() == function).unwrap();
                let program = target.join(profile).join(function);
                programs.push(Program::new(function, vec![program], event.event));
            }
        }
        let page =
            samples::all().into_iter().find(|s| s.name == "open-link.show-landing.json").unwrap().event;
        let others: Vec<PathBuf> =
            std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(Into::into).collect();
        for other in &others {
            let name = other.file_name().unwrap().to_string_lossy().into_owned();
            programs.push(Program::new(&name, vec![other.clone()], page.clone()));
        }
        if Path::new(SYSTEM_ROOTS).exists() {
            let program = target.join("lambda/open-link");
            let mut program = Program::new("  with the system's roots", vec![program], page.clone());
            program.further.push(("AWS_CA_BUNDLE", SYSTEM_ROOTS.to_owned()));
            programs.push(program);
        }
        for (name, rival) in [
            (RIVALS[0], rivals::build_node(&site.folder("node"))),
            (RIVALS[1], rivals::write_python(&site.folder("python"))),
        ] {
            match rival {
                Ok(command) => programs.push(Program::new(name, command, page.clone())),
                Err(why) => println!("{name}: left out: {why}"),
            }
        }
        for _ in 0..WARM_UP + MEASURED {
            for program in &mut programs {
                program.start(&site).await;
            }
        }
        report(&programs, &site);
        measure_warm(&site, &target.join("lambda/open-link"), &others).await;
    });
}

/// Prints the figures, and stops at the first that exceeds its limit.
fn report(programs: &[Program], site: &Site) {
    let ours = programs.iter().find(|program| program.name == "open-link").unwrap().median();
    println!("{:<24}{:>11}{:>13}{:>10}{:>10}{:>10}", "", "start ms", "× open-link", "RSS MB", "MB", "zip MB");
    for program in programs {
        let mb = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let file = program.command.last().unwrap();
        let (median, zip) = (program.median(), zipped(file, &site.folder("zips")));
        println!(
            "{:<24}{median:>11.1}{:>13.1}{:>10}{:>10}{:>10}",
            program.name,
            median / ours,
            mb(program.memory),
            mb(file.metadata().unwrap().len()),
            mb(zip),
        );
        let name = program.name.as_str();
        if BEHIND_API.contains(&name) {
            assert!(program.memory <= MOST_MEMORY && zip <= MOST_ZIPPED, "{name} is too large");
        }
        if RIVALS.contains(&name) {
            assert!(median / ours >= LEAST_RATIO, "{name} starts too soon after ours");
        }
    }
}

/// The size of a zip of one file, deflated.
fn zipped(file: &Path, folder: &Path) -> u64 {
    e2e::needs::needs(&[e2e::needs::PYTHON]);
    let zip = folder.join("one.zip");
    let status = Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&zip).arg(file).status();
    assert!(status.unwrap().success());
    zip.metadata().unwrap().len()
}

/// Measures what a landing page costs in a program that is running already.
async fn measure_warm(site: &Site, ours: &Path, others: &[PathBuf]) {
    let link = site.user("carl").await.share_folder("Autumn", json!({})).await;
    let page = request("GET", &format!("/s/{}", link.token), None);
    println!("\n{:<24}{:>11}{:>13}   of {PAGES} landing pages", "", "CPU ms", "ms");
    let mut programs = Vec::new();
    for program in [ours].into_iter().chain(others.iter().map(PathBuf::as_path)) {
        let name = program.file_name().unwrap().to_string_lossy().into_owned();
        let set = bootstrap::environment(site.on_ports().await);
        let running = Bootstrap::start(Command::new(program), &name, &set, site.folder(&name)).await;
        programs.push((name, running, Duration::ZERO, Duration::ZERO));
    }
    // In turn, so that other work of the machine affects all of them.
    for round in 0..11 {
        for (_, running, took, cpu) in &mut programs {
            let (start, before) = (Instant::now(), running.usage().cpu());
            for _ in 0..PAGES / 10 {
                let answer = running.invoke(&page).await.unwrap();
                assert_eq!(answer["statusCode"], 200);
            }
            if round > 0 {
                *took += start.elapsed();
                *cpu += running.usage().cpu() - before;
            }
        }
    }
    for (name, _, took, cpu) in &programs {
        let each = |time: &Duration| format!("{:.3}", time.as_secs_f64() * 1000.0 / f64::from(PAGES));
        println!("{name:<24}{:>11}{:>13}", each(cpu), each(took));
    }
}
