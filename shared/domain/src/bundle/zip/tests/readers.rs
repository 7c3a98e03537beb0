//! Reads archives by the programs that recipients use: Python's zipfile, Info-ZIP's unzip, 7-Zip, and libarchive's
//! bsdtar, which also reads from a pipe. A test fails if one of them is not installed.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, UNIX_EPOCH},
};

use crc32fast::Hasher;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{carry_out, entry};
use crate::bundle::zip::{Entry, Layout, Limits, Part, Segment, entry_names, layout, partition};

/// A program with a Unicode locale and a time zone far from UTC.
fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C.UTF-8").env("TZ", "Asia/Tokyo").stdin(Stdio::null());
    command
}

/// Runs a program, which must succeed, and returns its standard output.
fn output(command: &mut Command) -> Vec<u8> {
    let name = command.get_program().to_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{name:?} is needed to test zips: {error}"));
    let printed = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&printed));
    output.stdout
}

fn run(name: &str, arguments: &[&dyn AsRef<OsStr>]) -> Vec<u8> {
    output(program(name).args(arguments.iter().map(|argument| argument.as_ref())))
}

fn run_on_pipe(name: &str, arguments: &[&str], archive: &Path) -> Vec<u8> {
    // By `cat`, because a program could seek in a file that is its standard input.
    let mut cat = program("cat").arg(archive).stdout(Stdio::piped()).spawn().unwrap();
    let read = output(program(name).args(arguments).stdin(cat.stdout.take().unwrap()));
    assert!(cat.wait().unwrap().success(), "{name} did not read to the end");
    read
}

/// The entries as Python's zipfile reads them, one row for each.
fn read_by_python(archive: &Path) -> Vec<Value> {
    let script = r#"
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for e in z.infolist():
        print(json.dumps([e.filename, e.file_size, e.compress_size, e.CRC, list(e.date_time),
                          e.external_attr >> 16, e.flag_bits, e.compress_type, e.header_offset]))
"#;
    let rows = run("python3", &[&"-X", &"utf8", &"-c", &script, &archive]);
    String::from_utf8(rows).unwrap().lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// The rows that Python must read; `times` are those of MS-DOS, in the entries' order.
fn expected(entries: &[Entry<usize>], layout: &Layout<usize>, times: &[[u16; 6]]) -> Vec<Value> {
    let row = |((entry, offset), time): ((&Entry<usize>, &u64), &[u16; 6])| {
        let mode = if entry.name.ends_with('/') { 0o040_755 } else { 0o100_644 };
        json!([entry.name, entry.size, entry.size, entry.crc32, time, mode, 1 << 11, 0, offset])
    };
    entries.iter().zip(&layout.offsets).zip(times).map(row).collect()
}

/// Makes every program test every entry.
fn test(archive: &Path, names: &[String]) {
    // Python also exits with success if it found a broken entry, so its output is compared.
    assert_eq!(run("python3", &[&"-m", &"zipfile", &"-t", &archive]), b"Done testing\n");
    run("unzip", &[&"-tqq", &archive]);
    run("7z", &[&"t", &"-bd", &archive]);
    let listed = [run("bsdtar", &[&"-tf", &archive]), run_on_pipe("bsdtar", &["-tf", "-"], archive)];
    for listed in listed.map(|bytes| String::from_utf8(bytes).unwrap()) {
        assert!(listed.lines().eq(names), "bsdtar lists {listed}");
    }
}

fn assemble(
    entries: &[Entry<usize>],
    objects: &[Vec<u8>],
    limits: &Limits,
) -> (TempDir, PathBuf, Layout<usize>) {
    let layout = layout(entries).unwrap();
    let parts = partition(layout.segments.clone(), limits).unwrap();
    let archive = carry_out(&parts, objects);
    assert_eq!((layout.size, layout.crc32), (archive.len() as u64, crc32fast::hash(&archive)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive.zip");
    fs::write(&path, archive).unwrap();
    (folder, path, layout)
}

#[test]
fn every_program_reads_an_archive() {
    let objects: Vec<Vec<u8>> = [40_000, 0, 1, 5_000, 5_000, 70_000, 3, 2_000]
        .iter()
        .enumerate()
        .map(|(seed, size)| (0..*size).map(|i: usize| (i * 13 + i / 256 + seed) as u8).collect())
        .collect();
    let mut names = entry_names(&[
        "Südsee/日本 Ñ 🏝.jpg",
        "leer.txt",
        "../../C:\\aux/ 1.",
        "a.jpg",
        "A.JPG",
        "sehr/tief/unten.bin",
        &format!("{}.jpeg", "ü".repeat(300)),
        "a.jpg",
    ]);
    let times = [
        ("2024-02-29T23:59:59Z", [2024, 2, 29, 23, 59, 58]),
        ("2024-02-29T23:59:59Z", [2024, 2, 29, 23, 59, 58]),
        ("1975-06-01T00:00:00Z", [1980, 1, 1, 0, 0, 0]),
        ("2037-12-31T12:00:00Z", [2037, 12, 31, 12, 0, 0]),
        ("2040-01-01T00:00:00Z", [2040, 1, 1, 0, 0, 0]),
        ("2200-01-01T00:00:00Z", [2107, 12, 31, 23, 59, 58]),
        ("1969-07-20T20:17:00Z", [1980, 1, 1, 0, 0, 0]),
        ("2026-07-01T01:02:04Z", [2026, 7, 1, 1, 2, 4]),
    ];
    let mut entries: Vec<_> = names
        .iter()
        .zip(times)
        .enumerate()
        .map(|(object, (name, (time, _)))| entry(name, time, object, &objects))
        .collect();
    entries.push(entry("leer und Ordner/", "2026-07-01T01:02:04Z", 1, &objects));
    names.push("leer und Ordner/".to_owned());
    let mut dos_times = times.map(|(_, time)| time).to_vec();
    dos_times.push([2026, 7, 1, 1, 2, 4]);

    let limits = Limits {
        min_part: 1_000,
        min_copy: 1_000,
        upload_target: 4_000,
        first_copy: 16_000,
        max_copy: 16_000,
        max_parts: 100,
    };
    let (folder, archive, layout) = assemble(&entries, &objects, &limits);
    let parts = partition(layout.segments.clone(), &limits).unwrap();
    assert!(parts.iter().any(|part| matches!(part, Part::Copy { .. })) && parts.len() > 8);

    test(&archive, &names);
    assert_eq!(read_by_python(&archive), expected(&entries, &layout, &dos_times));
    assert_eq!(run_on_pipe("bsdtar", &["-xOf", "-"], &archive), objects.concat());

    // Unpacks the archive, and checks names, contents, times and modes.
    for (unpacker, arguments) in [("unzip", ["-qq", "-d"]), ("bsdtar", ["-xpC", "-f"])] {
        let unpacked = folder.path().join(unpacker);
        fs::create_dir(&unpacked).unwrap();
        match unpacker {
            "unzip" => run("unzip", &[&arguments[0], &archive, &arguments[1], &unpacked]),
            _ => run("bsdtar", &[&arguments[0], &unpacked, &arguments[1], &archive]),
        };
        for entry in &entries[..8] {
            let file = unpacked.join(&entry.name);
            assert_eq!(fs::read(&file).unwrap(), objects[entry.object], "{unpacker}: {}", entry.name);
            let metadata = file.metadata().unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o644, "{unpacker}: {}", entry.name);
            let seconds = u64::try_from(entry.modified.as_second()).unwrap_or(u64::MAX);
            if seconds <= i32::MAX as u64 {
                let modified = UNIX_EPOCH + Duration::from_secs(seconds);
                assert_eq!(metadata.modified().unwrap(), modified, "{unpacker}: {}", entry.name);
            }
        }
        let mode = unpacked.join("leer und Ordner").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "{unpacker}");
    }
}

/// From 65,535 entries on, their number is in the ZIP64 record; the test checks both sides of this limit.
#[test]
fn every_program_reads_more_entries_than_16_bits_count() {
    for count in [65_534, 65_535, 70_000] {
        let objects = vec![b"x".to_vec()];
        let names = entry_names(&vec!["Bilder/Bild.jpg"; count]);
        let entries: Vec<_> =
            names.iter().map(|name| entry(name, "2026-07-01T01:02:04Z", 0, &objects)).collect();
        let (_folder, archive, layout) = assemble(&entries, &objects, &Limits::default());
        let end = fs::read(&archive).unwrap();
        let zip64 = end[end.len() - 42..].starts_with(b"PK\x06\x07");
        assert_eq!(zip64, count >= 65_535, "{count}");

        test(&archive, &names);
        assert_eq!(run_on_pipe("bsdtar", &["-xOf", "-"], &archive), vec![b'x'; count]);
        assert_eq!(
            read_by_python(&archive),
            expected(&entries, &layout, &vec![[2026, 7, 1, 1, 2, 4]; count])
        );
    }
}

/// The CRC-32 of `size` zeros, computed without writing them.
fn crc32_of_zeros(size: u64) -> u32 {
    let mut all = Hasher::new();
    let mut block = Hasher::new();
    block.update(&[0]);
    for bit in 0..=size.ilog2() {
        if size >> bit & 1 == 1 {
            all.combine(&block);
        }
        block.combine(&block.clone());
    }
    all.finalize()
}

/// Tests sizes and offsets on both sides of 4 GiB - 1. The files are sparse: large entries are zeros.
#[test]
fn every_program_reads_archives_over_4_gib() {
    const EDGE: u64 = u32::MAX as u64;
    // The local header of an entry whose name has one character takes 40 bytes.
    let mixes: [&[u64]; 6] = [
        &[5_000_000_000, 5],                // a ZIP64 size, and an offset past 4 GiB
        &[5, 5_000_000_000, 5],             // ... at a small offset
        &[3_000_000_000, 3_000_000_000, 5], // small sizes, an offset past 4 GiB
        &[EDGE - 1, 5],                     // the last size that is not ZIP64
        &[EDGE, 5],                         // the first that is
        &[EDGE - 40, 5],                    // an offset that is the mark itself
    ];
    for sizes in mixes {
        let entries: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(object, size)| Entry {
                name: object.to_string(),
                size: *size,
                crc32: if *size == 5 { crc32fast::hash(b"small") } else { crc32_of_zeros(*size) },
                modified: "2026-07-01T01:02:04Z".parse().unwrap(),
                object,
            })
            .collect();
        let layout = layout(&entries).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive.zip");
        let mut file = File::create(&archive).unwrap();
        for segment in &layout.segments {
            match segment {
                Segment::Bytes(bytes) => file.write_all(bytes).unwrap(),
                Segment::Object { len: 5, .. } => file.write_all(b"small").unwrap(),
                Segment::Object { len, .. } => {
                    file.seek(SeekFrom::Current(*len as i64)).unwrap();
                }
            }
        }
        assert_eq!(file.metadata().unwrap().len(), layout.size);

        let times = vec![[2026, 7, 1, 1, 2, 4]; sizes.len()];
        assert_eq!(read_by_python(&archive), expected(&entries, &layout, &times));
        let last = (sizes.len() - 1).to_string();
        let read =
            "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode(), end='')";
        for (small, read) in [
            ("python3", run("python3", &[&"-c", &read, &archive, &last])),
            ("unzip", run("unzip", &[&"-p", &archive, &last])),
            ("7z", run("7z", &[&"x", &"-so", &"-bd", &archive, &last])),
            ("bsdtar", run("bsdtar", &[&"-xOf", &archive, &last])),
        ] {
            assert_eq!(String::from_utf8_lossy(&read), "small", "{small} {sizes:?}");
        }
        let listed = String::from_utf8(run("7z", &[&"l", &"-slt", &archive])).unwrap();
        let listed: Vec<_> = listed.lines().filter_map(|line| line.strip_prefix("Size = ")).collect();
        assert_eq!(listed, sizes.iter().map(u64::to_string).collect::<Vec<_>>());
    }
}
