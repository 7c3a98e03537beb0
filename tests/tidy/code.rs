//! Parses Rust source just enough to find the modules that a file declares and the paths that it names.

/// The modules and paths of a file, without its comments, literals and tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Code {
    /// Modules that have a file of their own.
    pub(crate) modules: Vec<String>,
    /// Paths of `use` with the name that each has here.
    pub(crate) uses: Vec<(Vec<String>, String)>,
    /// Paths elsewhere that begin with `crate`, `self` or `super`.
    pub(crate) mentions: Vec<Vec<String>>,
}

impl Code {
    pub(crate) fn parse(source: &str) -> Self {
        let words = without_tests(split_words(&without_text(source)));
        let mut code = Self::default();
        let mut at = 0;
        while at < words.len() {
            let (here, next) = (words[at].as_str(), words.get(at + 1).map(String::as_str));
            match here {
                "mod" if words.get(at + 2).is_some_and(|word| word == ";") => {
                    code.modules.extend(next.map(str::to_owned));
                    at += 2;
                }
                "use" => at = parse_paths(&words, at + 1, &mut Vec::new(), &mut code.uses),
                "crate" | "self" | "super" if next == Some("::") => {
                    let mut found = Vec::new();
                    at = parse_paths(&words, at, &mut Vec::new(), &mut found);
                    code.mentions.extend(found.into_iter().map(|(path, _)| path));
                }
                _ => at += 1,
            }
        }
        code
    }
}

/// Parses a path or a tree of paths that begins at word `at`; returns the index after its end.
fn parse_paths(
    words: &[String],
    at: usize,
    before: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, String)>,
) -> usize {
    let depth = before.len();
    let mut at = at;
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while at < words.len() && words[at] != "}" {
                    let end = parse_paths(words, at, before, found);
                    // Skips a word that is no path.
                    at = end.max(at + usize::from(end == at));
                }
                before.truncate(depth);
                return at + 1;
            }
            Some(word) if is_name(word) || word == "*" => {
                before.push(word.to_owned());
                at += 1;
                let is_next_part = |word: &String| word == "{" || word == "*" || is_name(word);
                if words.get(at).is_some_and(|word| word == "::")
                    && words.get(at + 1).is_some_and(is_next_part)
                {
                    at += 1;
                    continue;
                }
                let mut name = word.to_owned();
                if words.get(at).is_some_and(|word| word == "as") {
                    name = words.get(at + 1).cloned().unwrap_or_default();
                    at += 2;
                }
                found.push((before.clone(), name));
                before.truncate(depth);
                return at;
            }
            _ => return at,
        }
    }
}

fn is_name(word: &str) -> bool {
    word != "as" && word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The source with a space in place of each comment, string and character.
fn without_text(source: &str) -> String {
    let mut left = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal_length(rest, left.chars().next_back()) {
            length
        } else {
            left.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        left.push(' ');
        rest = &rest[length..];
    }
    left
}

/// The length of the string or character that begins here, if there is one.
fn literal_length(text: &str, before: Option<char>) -> Option<usize> {
    let in_a_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let raw = text.strip_prefix("br").or(text.strip_prefix('r')).filter(|_| !in_a_name);
    if let Some(raw) = raw {
        let marks = raw.len() - raw.trim_start_matches('#').len();
        if raw[marks..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(marks));
            let start = text.len() - raw.len() + marks + 1;
            return Some(text[start..].find(&end).map_or(text.len(), |at| start + at + end.len()));
        }
    }
    let quote = text.chars().next()?;
    if quote == '"' {
        let mut escaped = false;
        let end = text[1..].find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return Some(end.map_or(text.len(), |end| end + 2));
    }
    if quote == '\'' {
        // A lifetime has no second quote after one character.
        let mut inside = text[1..].char_indices();
        let first = inside.next()?.1;
        if first == '\\' {
            return text[3..].find('\'').map(|end| end + 4);
        }
        return inside.next().filter(|&(_, c)| c == '\'').map(|(at, _)| at + 2);
    }
    None
}

/// Splits source into names, `::` and single other characters.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_part(c) {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

/// The words without items marked `#[cfg(test)]`.
fn without_tests(words: Vec<String>) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut left = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words.len() - at < MARK.len()
            || words[at..at + MARK.len()].iter().zip(MARK).any(|(one, other)| one != other)
        {
            left.push(words[at].clone());
            at += 1;
            continue;
        }
        // The item ends with a semicolon, or with the bracket that closes its body.
        let mut depth = 0;
        while at < words.len() {
            depth += i32::from(words[at] == "{") - i32::from(words[at] == "}");
            at += 1;
            let ends = (words[at - 1] == ";" || words[at - 1] == "}") && depth == 0;
            if ends && words.get(at).is_none_or(|next| next != ";") {
                break;
            }
        }
    }
    left
}

#[test]
fn paths_are_found_in_uses_and_expressions() {
    let code = Code::parse(
        r##"
        //! use crate::comment;
        pub mod a;
        mod b { }
        use crate::a::{self, B, c::{D as E, *}};
        pub use crate::f::G;
        /* use crate::comment; */
        fn f<'a>(x: &'a str) -> crate::h::I {
            let text = "crate::text::j \" crate::text::k"; let c = '"'; let d = '\''; let raw = r#"crate::raw "x"#;
            super::l::m::<crate::n::O>(text)
        }
        #[cfg(test)]
        use crate::p;
        #[cfg(test)]
        mod tests;
        #[cfg(test)]
        mod more { use crate::q; fn f() {} }
        fn last() { self::r::s(); }
        "##,
    );
    let path = |text: &str| text.split("::").map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(code.modules, ["a"]);
    let uses: Vec<_> = code.uses.iter().map(|(path, name)| (path.join("::"), name.as_str())).collect();
    let expected =
        [("crate::a::self", "self"), ("crate::a::B", "B"), ("crate::a::c::D", "E"), ("crate::a::c::*", "*")];
    assert_eq!(uses[..4], expected.map(|(path, name)| (path.to_owned(), name)));
    assert_eq!(uses[4..], [("crate::f::G".to_owned(), "G")]);
    let mentions = ["crate::h::I", "super::l::m", "crate::n::O", "self::r::s"];
    assert_eq!(code.mentions, mentions.map(path));
}
