//! Starts that can't be: said clearly, with what to do, and an exit code that tells.

use std::fs;
use std::net::TcpListener;

use e2e::process::{Process, run};
use e2e::site::Scratch;
use e2e::story;

use crate::VITRINE;

/// What the program says to being started on `library`, on a port that it could have.
fn refused(scratch: &Scratch, library: &str, further: &[&str]) -> String {
    let data = scratch.folder("data");
    let mut arguments = vec![library, "--port", "0", "--data", data.to_str().unwrap()];
    arguments.extend(further);
    let output = run(VITRINE, &arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("vitrine: ") && !said.contains("panicked"), "{said}");
    said
}

#[test]
fn a_path_that_can_not_be_the_library_is_refused() {
    let scratch = Scratch::new();
    let said = refused(&scratch, "/nowhere/at/all", &[]);
    assert!(said.contains("/nowhere/at/all") && said.contains("does not exist"), "{said}");
    let file = scratch.folder("files").join("a file.txt");
    fs::write(&file, "x").unwrap();
    let said = refused(&scratch, file.to_str().unwrap(), &[]);
    assert!(said.contains("a file.txt") && said.contains("not a folder"), "{said}");
    let empty = scratch.folder("empty");
    let said = refused(&scratch, empty.to_str().unwrap(), &[]);
    assert!(said.contains("is empty"), "{said}");
}

#[test]
fn a_folder_that_may_not_be_read_is_refused() {
    // Nothing is unreadable to root but what its kernel keeps to itself: another user asks.
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
        // The program may lie where nobody else gets at it.
        let program = scratch.folder("program").join("vitrine");
        fs::copy(VITRINE, &program).unwrap();
        let mut all = vec!["--reuid=65534", "--regid=65534", "--clear-groups", program.to_str().unwrap()];
        all.extend(arguments);
        run("setpriv", &all)
    } else {
        run(VITRINE, &arguments)
    };
    set("755", &locked);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("can't be read") && said.contains("locked"), "{said}");
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
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
}

#[test]
fn a_data_folder_is_one_sites_alone() {
    story(async {
        let scratch = Scratch::new();
        let (library, data) = (scratch.library(), scratch.folder("data"));
        let mut first = Process::start_on(VITRINE, scratch);
        let arguments = [library.to_str().unwrap(), "--port", "0", "--data", data.to_str().unwrap()];
        let output = run(VITRINE, &arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("in use") && said.contains("--data"), "{said}");
        assert_eq!(first.interrupt(), Some(0));
    });
}

#[test]
fn addresses_that_are_none_are_refused() {
    let scratch = Scratch::new();
    let library = scratch.library();
    // A provider that nobody answers for: what is asked comes later.
    let provider = ["--oidc-issuer", "http://127.0.0.1:9", "--oidc-client-id", "vitrine"];
    for bad in ["share.example.org", "ftp://x", "https://a/b"] {
        for option in ["--public-url", "--store-url"] {
            let arguments = [&[option, bad], provider.as_slice()].concat();
            let said = refused(&scratch, library.to_str().unwrap(), &arguments);
            assert!(said.contains(bad), "{said}");
        }
    }
    for bad in ["http://login.example.org", "login.example.org"] {
        let arguments = ["--oidc-issuer", bad, "--oidc-client-id", "vitrine"];
        let said = refused(&scratch, library.to_str().unwrap(), &arguments);
        assert!(said.contains(bad) && said.contains("https"), "{said}");
    }
    assert_eq!(run(VITRINE, &["--oidc-issuer", "https://login.example.org"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--nonsense"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--port", "99999"]).status.code(), Some(2));
    assert_eq!(run(VITRINE, &["--help"]).status.code(), Some(0));
}

#[test]
fn sample_users_are_not_for_the_internet() {
    let scratch = Scratch::new();
    let library = scratch.library();
    let said = refused(&scratch, library.to_str().unwrap(), &["--public-url", "https://share.example.org"]);
    for way_out in ["--oidc-issuer", "--oidc-client-id", "leave --public-url out"] {
        assert!(said.contains(way_out), "{said}");
    }
}
