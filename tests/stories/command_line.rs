//! If the program can't start, it says why and what to do, and exits with an error code.

use std::fs;
use std::net::TcpListener;

use e2e::process::{Process, run};
use e2e::site::Scratch;
use e2e::story;

use crate::VITRINE;

/// Starts the program on `library` with a free port, and returns the error message of its refusal.
fn start_refused(scratch: &Scratch, library: &str, further: &[&str]) -> String {
    let data = scratch.folder("data");
    let mut arguments = vec![library, "--port", "0", "--data", data.to_str().unwrap()];
    arguments.extend(further);
    let output = run(VITRINE, &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("vitrine: ") && !stderr.contains("panicked"), "{stderr}");
    stderr
}

#[test]
fn a_path_that_can_not_be_a_library_is_refused() {
    let scratch = Scratch::new();
    let stderr = start_refused(&scratch, "/nowhere/at/all", &[]);
    assert!(stderr.contains("/nowhere/at/all") && stderr.contains("does not exist"), "{stderr}");
    let file = scratch.folder("files").join("a file.txt");
    fs::write(&file, "x").unwrap();
    let stderr = start_refused(&scratch, file.to_str().unwrap(), &[]);
    assert!(stderr.contains("a file.txt") && stderr.contains("not a folder"), "{stderr}");
    let empty = scratch.folder("empty");
    let stderr = start_refused(&scratch, empty.to_str().unwrap(), &[]);
    assert!(stderr.contains("is empty"), "{stderr}");
}

#[test]
fn a_folder_that_can_not_be_read_is_refused() {
    // Root can read every folder, so the program runs as another user.
    let scratch = Scratch::new();
    let locked = scratch.folder("locked");
    fs::write(locked.join("a.txt"), "x").unwrap();
    let data = scratch.folder("data of nobody");
    let set = |mode: &str, path: &std::path::Path| {
        assert!(std::process::Command::new("chmod").arg(mode).arg(path).status().unwrap().success());
    };
    if e2e::needs::is_root() {
        std::os::unix::fs::chown(&data, Some(65534), Some(65534)).unwrap();
    }
    set("000", &locked);
    let library = locked.to_str().unwrap().to_owned();
    let arguments = [library.as_str(), "--port", "0", "--data", data.to_str().unwrap()];
    let output = if e2e::needs::is_root() {
        // The program may be in a folder that only root can read.
        let program = scratch.folder("program").join("vitrine");
        fs::copy(VITRINE, &program).unwrap();
        let mut all = vec!["--reuid=65534", "--regid=65534", "--clear-groups", program.to_str().unwrap()];
        all.extend(arguments);
        run("setpriv", &all)
    } else {
        run(VITRINE, &arguments)
    };
    set("755", &locked);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("can't be read") && stderr.contains("locked"), "{stderr}");
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let scratch = Scratch::new();
    let library = scratch.library();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = scratch.folder("data");
    let arguments = [library.to_str().unwrap(), "--port", &port, "--data", data.to_str().unwrap()];
    let output = run(VITRINE, &arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&port) && stderr.contains("--port"), "{stderr}");
}

#[test]
fn a_second_site_on_the_same_data_folder_is_refused() {
    story(async {
        let scratch = Scratch::new();
        let (library, data) = (scratch.library(), scratch.folder("data"));
        let mut first = Process::start_on(VITRINE, scratch);
        let arguments = [library.to_str().unwrap(), "--port", "0", "--data", data.to_str().unwrap()];
        let output = run(VITRINE, &arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("in use") && stderr.contains("--data"), "{stderr}");
        assert_eq!(first.interrupt(), Some(0));
    });
}

#[test]
fn malformed_addresses_are_refused() {
    let scratch = Scratch::new();
    let library = scratch.library();
    // No provider answers here; the addresses are checked before it is contacted.
    let provider = ["--oidc-issuer", "http://127.0.0.1:9", "--oidc-client-id", "vitrine"];
    for bad in ["share.example.org", "ftp://x", "https://a/b"] {
        for option in ["--public-url", "--store-url"] {
            let arguments = [&[option, bad], provider.as_slice()].concat();
            let stderr = start_refused(&scratch, library.to_str().unwrap(), &arguments);
            assert!(stderr.contains(bad), "{stderr}");
        }
    }
    for bad in ["http://login.example.org", "login.example.org"] {
        let arguments = ["--oidc-issuer", bad, "--oidc-client-id", "vitrine"];
        let stderr = start_refused(&scratch, library.to_str().unwrap(), &arguments);
        assert!(stderr.contains(bad) && stderr.contains("https"), "{stderr}");
    }
    assert_eq!(run(VITRINE, &["--oidc-issuer", "https://login.example.org"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--nonsense"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--port", "99999"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--help"]).status.code(), Some(0));
}

#[test]
fn a_public_site_with_sample_users_is_refused() {
    let scratch = Scratch::new();
    let library = scratch.library();
    let stderr =
        start_refused(&scratch, library.to_str().unwrap(), &["--public-url", "https://share.example.org"]);
    for way_out in ["--oidc-issuer", "--oidc-client-id", "leave --public-url out"] {
        assert!(stderr.contains(way_out), "{stderr}");
    }
}
