//! Names of a zip's entries: harmless and unique on every system that may unpack the zip.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;

use crate::invisible::is_invisible;

/// The longest file or folder name in a zip, in bytes of UTF-8. File systems allow 255; the rest is for programs that
/// add to a name (`.part`, ` copy`).
pub const MAX_COMPONENT: usize = 240;

/// The longest extension, with its dot. A longer text after the last dot is taken for a part of the name.
const MAX_EXTENSION: usize = 32;

/// The bytes of the longest suffix, ` (4294967295)`. They are kept free for every number, so that all long names with
/// the same beginning share one count.
const MAX_SUFFIX: usize = 13;

/// Names for the files at `paths` (folders and name, divided by `/` or `\`), in the same order.
///
/// Each name is relative, in NFC and divided by `/`. It has no characters that Windows, macOS or Linux refuse or treat
/// specially, and none that mislead people. Names are unique also if case, Unicode form and invisible characters are
/// ignored: the first file keeps its name, later ones become `a (2).jpg`, `A (3).JPG`. If a folder and a file have the
/// same name, the folder gets a number; two folders are never merged.
///
/// Takes time in proportion to the length of the names, also if all are equal.
pub fn entry_names<P: AsRef<str>>(paths: &[P]) -> Vec<String> {
    let mut folders = Vec::new();
    let mut files = Vec::with_capacity(paths.len());
    let mut known = HashMap::new();
    for path in paths {
        let mut components = path.as_ref().split(['/', '\\']).filter(|c| !matches!(*c, "" | "." | ".."));
        let file = components.next_back().unwrap_or_default();
        let folder = components.fold(None, |parent, folder| {
            Some(*known.entry((parent, folder)).or_insert_with(|| {
                folders.push(Named { parent, name: make_harmless(folder) });
                folders.len() - 1
            }))
        });
        files.push(Named { parent: folder, name: make_harmless(file) });
    }

    let mut used = UsedNames::default();
    used.make_unique(&mut files, split_extension);
    used.make_unique(&mut folders, |folder| (folder, ""));

    files.into_iter().map(|file| full_name(file, &folders)).collect()
}

/// A file or folder, and the index of its parent folder (`None` at the top).
struct Named {
    parent: Option<usize>,
    name: String,
}

fn full_name(file: Named, folders: &[Named]) -> String {
    let mut components = vec![file.name.as_str()];
    let mut parent = file.parent;
    while let Some(folder) = parent.map(|index| &folders[index]) {
        components.push(&folder.name);
        parent = folder.parent;
    }
    components.reverse();
    components.join("/")
}

/// Changes one component into a name that every file system accepts. Idempotent.
fn make_harmless(component: &str) -> String {
    let is_harmful = |c: char| c.is_control() || is_invisible(c) || r#"<>:"|?*"#.contains(c);
    let mut name: String = component.nfc().map(|c| if is_harmful(c) { '_' } else { c }).collect();
    name.truncate(name.trim_end_matches(['.', ' ']).len());
    let name = shorten(&name);
    // Checked after shortening, because the shortened name may be empty or a device's.
    if name.is_empty() || is_reserved(&name) { shorten(&format!("_{name}")) } else { name }
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_COMPONENT {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    format!("{}{extension}", cut(stem, MAX_COMPONENT - extension.len()))
}

/// Cuts `stem` to at most `max` bytes, without a dot or space before the cut.
fn cut(stem: &str, max: usize) -> &str {
    if stem.len() <= max { stem } else { stem[..stem.floor_char_boundary(max)].trim_end_matches(['.', ' ']) }
}

/// The stem, and the extension with its dot or an empty one.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_EXTENSION => name.split_at(dot),
        _ => (name, ""),
    }
}

/// Whether Windows takes the name for a device, with any extension
/// (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    match stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")) {
        Some(port) => {
            let mut port = port.chars();
            matches!((port.next(), port.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        }
        None => matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"),
    }
}

/// The names in use in each folder, folded as file systems compare them.
#[derive(Default)]
struct UsedNames {
    names: HashSet<(Option<usize>, String)>,
    /// The last number for a stem and extension, so that the search for a free number does not start again at 2.
    last: HashMap<(Option<usize>, String), u32>,
}

impl UsedNames {
    /// Makes the names of `items` unique. The first item with a name keeps it. The others get numbers after all items
    /// were seen, so that no number makes a name that a later item has.
    fn make_unique(&mut self, items: &mut [Named], split: fn(&str) -> (&str, &str)) {
        let mut clashing = Vec::new();
        for item in items {
            if !self.names.insert((item.parent, fold(&item.name))) {
                clashing.push(item);
            }
        }
        for item in clashing {
            let (stem, extension) = split(&item.name);
            let stem = cut(stem, MAX_COMPONENT - MAX_SUFFIX - extension.len());
            let last = self.last.entry((item.parent, fold(&format!("{stem}/{extension}")))).or_insert(1);
            item.name = loop {
                *last += 1;
                let name = format!("{stem} ({last}){extension}");
                if self.names.insert((item.parent, fold(&name))) {
                    break name;
                }
            };
        }
    }
}

/// A key that is equal for names that some file system takes for the same: full case folding over canonical
/// decomposition (APFS, HFS+; it includes NTFS's table of capitals), without the invisible characters that HFS+ skips.
/// A key that is equal too often only costs a number in a name; one that differs too often would lose a file.
fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfd()
        .filter(|c| !is_skipped(*c))
        // Some characters are mapped in only one direction, so all are mapped down, up and down: ẞ → ß → SS → ss,
        // ς → Σ → σ.
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfd()
        .collect()
}

/// Whether HFS+ skips the character when it compares names (Apple TN1150, FastUnicodeCompare).
fn is_skipped(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use std::{
        process::Command,
        time::{Duration, Instant},
    };

    use proptest::prelude::*;

    use super::*;

    fn name(path: &str) -> String {
        entry_names(&[path]).remove(0)
    }

    #[test]
    fn zip_entry_names_are_harmless() {
        for (path, expected) in [
            ("Ferien/Süd/日本 1.jpg", "Ferien/Süd/日本 1.jpg"),
            ("/etc/passwd", "etc/passwd"),
            ("../../x/./..//y.jpg", "x/y.jpg"),
            (r"C:\Windows\..\evil.exe", "C_/Windows/evil.exe"),
            (r"\\server\share\a.jpg", "server/share/a.jpg"),
            ("a\0b\r\n\u{7f}\u{85}.jpg", "a_b____.jpg"),
            (r#"<a>:"b|c?*.jpg"#, "_a___b_c__.jpg"),
            ("a. . /b.jpg...", "a/b.jpg"),
            ("... / .", "_/_"),
            ("", "_"),
            ("/", "_"),
            ("..", "_"),
            ("u\u{308}.jpg", "ü.jpg"),
            ("nul", "_nul"),
            ("Con/aux.tar.gz", "_Con/_aux.tar.gz"),
            ("NUL .txt", "_NUL .txt"),
            ("COM1.jpg/lpt¹", "_COM1.jpg/_lpt¹"),
            ("com10/COM/console", "com10/COM/console"),
            (".htaccess", ".htaccess"),
            // Would be shown as `photoexe.jpg`.
            ("photo\u{202e}gpj.exe", "photo_gpj.exe"),
            ("a\u{2028}ls.jpg", "a_ls.jpg"),
            ("\u{2066}x\u{2069}/\u{200f}b\u{feff}.jpg", "_x_/_b_.jpg"),
            ("می\u{200c}خواهم 👨\u{200d}👩.jpg", "می\u{200c}خواهم 👨\u{200d}👩.jpg"),
        ] {
            assert_eq!(name(path), expected, "{path:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = name(&format!("{}.jpeg", "ü".repeat(300)));
        assert_eq!(long, format!("{}.jpeg", "ü".repeat(117)));
        assert_eq!(name(&"x".repeat(300)).len(), MAX_COMPONENT);
        assert_eq!(name(&format!("x.{}", "y".repeat(300))).len(), MAX_COMPONENT);
        assert_eq!(name(&format!("CON{}x.jpg", " ".repeat(300))), "_CON.jpg");
        assert_eq!(name(&format!("NUL.{}", "x".repeat(236))).len(), MAX_COMPONENT);
        assert_eq!(name(&format!("{}x", " ".repeat(300))), "_");

        let twice = entry_names(&vec![format!("{}.jpeg", "x".repeat(300)); 2]);
        assert!(twice[1].ends_with("x (2).jpeg") && twice[1].len() <= MAX_COMPONENT, "{twice:?}");
    }

    #[test]
    fn equal_names_are_numbered() {
        assert_eq!(entry_names(&["a.jpg", "a.jpg", "A.JPG"]), ["a.jpg", "a (2).jpg", "A (3).JPG"]);
        assert_eq!(entry_names(&["a", "b/a", "B/a", "a"]), ["a", "b/a", "B (2)/a", "a (2)"]);
        assert_eq!(entry_names(&["x.tar/a", "X.tar"]), ["x.tar (2)/a", "X.tar"]);
        // A name that only one file has is kept, at any place in the list.
        assert_eq!(entry_names(&["a.jpg", "a.jpg", "a (2).jpg"]), ["a.jpg", "a (3).jpg", "a (2).jpg"]);
        assert_eq!(entry_names(&["a:b/x", "a?b/x", "a_b/x"]), ["a_b/x", "a_b (2)/x", "a_b (3)/x"]);
    }

    #[test]
    fn names_that_some_file_system_takes_for_the_same_are_equal() {
        for (one, other) in [
            ("ü", "Ü"),
            ("ü", "U\u{308}"),
            ("straße", "STRASSE"),
            ("ẞ", "ß"),
            ("σς", "ΣΣ"),
            ("ﬁ", "FI"),
            ("\u{212a}", "k"),
            ("ᾳ", "ᾼ"),
            ("a\u{200d}b", "AB"),
            ("ѝ", "И\u{300}"),
            ("ꭰ", "Ꭰ"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
            assert_ne!(entry_names(&[one, other])[1], other);
        }
        for (one, other) in [("a", "ä"), ("1", "¹"), ("a b", "ab"), ("か", "が")] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }

    /// Compares our case folding with Python's, which is Unicode's, for every character.
    #[test]
    fn folding_covers_unicode() {
        let script = r#"
import unicodedata as u
for c in map(chr, [*range(0xd800), *range(0xe000, 0x110000)]):
    key = u.normalize("NFD", u.normalize("NFD", c).casefold())
    if key != c: print(c, key, sep="\t")
"#;
        let output = Command::new("python3").args(["-X", "utf8", "-c", script]).output();
        let output = output.unwrap_or_else(|error| panic!("python3: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let pairs = String::from_utf8(output.stdout).unwrap();
        for pair in pairs.lines() {
            let (one, other) = pair.split_once('\t').unwrap();
            assert_eq!(fold(one), fold(other), "{} {}", one.escape_unicode(), other.escape_unicode());
        }
        assert!(pairs.lines().count() > 14_000);
    }

    #[test]
    fn a_hundred_thousand_clashes_take_linear_time() {
        let start = Instant::now();
        let equal = vec!["Ordner/Bild.jpg"; 100_000];
        assert_eq!(entry_names(&equal)[99_999], "Ordner/Bild (100000).jpg");

        // Long names that differ only after the cut, each of them twice: all share one count.
        let long: Vec<_> = (0..100_000).map(|i| format!("{}{:06}.jpg", "x".repeat(230), i / 2)).collect();
        let names = entry_names(&long);
        assert_eq!(names.iter().map(|name| fold(name)).collect::<HashSet<_>>().len(), 100_000);

        // Numbers that are already used, and one deep path.
        let mut mixed: Vec<_> = (2..50_000).map(|i| format!("a ({i}).jpg")).collect();
        mixed.extend(vec!["a.jpg".to_owned(); 50_000]);
        mixed.push("d/".repeat(50_000));
        assert_eq!(entry_names(&mixed)[99_997], "a (99998).jpg");
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    }

    fn hostile_path() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[aAbBüÜß]{1,2}",
            "[./\\\\ :*?<>|\"\0\n]{1,3}",
            Just("CON".to_owned()),
            Just("lpt1".to_owned()),
            Just(".jpg".to_owned()),
            Just(" (2)".to_owned()),
            Just("u\u{308}".to_owned()),
            Just("\u{200d}".to_owned()),
            Just("\u{202e}".to_owned()),
            "[xé ]{1,1}".prop_map(|c| c.repeat(121)),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn names_are_harmless_and_unique(paths in prop::collection::vec(hostile_path(), 1..12)) {
            let names = entry_names(&paths);
            prop_assert_eq!(names.len(), paths.len());
            prop_assert_eq!(&entry_names(&names), &names, "idempotent");

            // Each folded path has only one spelling, for files and for the folders above them.
            let mut spelled = HashMap::new();
            for (index, name) in names.iter().enumerate() {
                prop_assert_eq!(&name.nfc().collect::<String>(), name);
                for component in name.split('/') {
                    prop_assert!(!component.is_empty() && component.len() <= MAX_COMPONENT);
                    prop_assert!(!component.ends_with(['.', ' ']), "{component:?}");
                    prop_assert!(!component.contains(|c: char| c.is_control() || r#"<>:"|?*\"#.contains(c)));
                    prop_assert!(!component.contains(is_invisible), "{component:?}");
                    prop_assert!(!is_reserved(component), "{component:?}");
                }
                for (end, _) in name.match_indices('/') {
                    let folder = (None, &name[..end]);
                    prop_assert_eq!(*spelled.entry(fold(folder.1)).or_insert(folder), folder);
                }
                let file = (Some(index), name.as_str());
                prop_assert_eq!(*spelled.entry(fold(name)).or_insert(file), file);
            }
        }
    }
}
