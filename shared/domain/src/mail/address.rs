//! Mail addresses, and lists of them as people type them.

use serde::{Deserialize, Serialize};

use crate::field_error::FieldError;

/// The longest address in characters: the longest path of SMTP (RFC 5321, 4.5.3.1.3) without its brackets.
pub const MAX_ADDRESS: usize = 254;
/// The most addresses that one request mails a link to.
pub const MAX_ADDRESSES: usize = 100;
/// The longest part before the `@`.
const MAX_LOCAL: usize = 64;
/// The most faults of a list that are reported: a text with more is not a list of addresses.
const MAX_FAULTS: usize = 20;

/// An address such as `anna@example.org`, in ASCII and with its domain in lower case. It has no space, quote, bracket
/// or control character, so it can be written into a mail's header without escaping.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is not an address. The message continues a sentence that begins with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// Longer than SMTP allows.
    #[error("is longer than an address can be ({MAX_ADDRESS} characters)")]
    TooLong,
    /// A letter outside ASCII, which older mail servers refuse. A domain with such letters also has an ASCII spelling.
    #[error(
        "has letters that not every mail server accepts. Give the address in plain letters, its domain as xn--…"
    )]
    NotAscii,
    /// Anything else.
    #[error("is not an address like anna@example.org")]
    Malformed,
}

impl EmailAddress {
    /// Parses an address; spaces around it are ignored.
    ///
    /// # Errors
    /// When the text is not an address.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        if text.chars().take(MAX_ADDRESS + 1).count() > MAX_ADDRESS {
            return Err(NotAnAddress::TooLong);
        }
        let Some((local, domain)) = text.rsplit_once('@') else { return Err(NotAnAddress::Malformed) };
        if !text.is_ascii() && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(NotAnAddress::NotAscii);
        }
        if !is_local(local) || !is_domain(domain) {
            return Err(NotAnAddress::Malformed);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The address's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// RFC 5322's dot-atom. Quoted local parts are refused: they are not used in practice and could contain any character.
fn is_local(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    text.len() <= MAX_LOCAL && text.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_plain))
}

/// Two or more names with dots between them; neither an IP address nor a host name without a dot.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = text.rsplit('.').next().unwrap_or_default();
    text.contains('.') && text.split('.').all(is_label) && top.bytes().any(|b| b.is_ascii_alphabetic())
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnAddress;
    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> String {
        address.0
    }
}

/// Parses a list of addresses that are divided by commas, semicolons or line ends. A repeated address is returned once,
/// at its first place.
///
/// # Errors
/// Faults of the field `to`: one for each text that is not an address, or one if there are no addresses or more than
/// [`MAX_ADDRESSES`].
pub fn parse_list(text: &str) -> Result<Vec<EmailAddress>, Vec<FieldError>> {
    let (mut addresses, mut faults): (Vec<EmailAddress>, Vec<FieldError>) = (Vec::new(), Vec::new());
    let fault = |message: String| FieldError::new("to", message);
    for piece in text.split([',', ';', '\n', '\r']).map(str::trim).filter(|piece| !piece.is_empty()) {
        match EmailAddress::parse(piece) {
            Ok(address) if addresses.contains(&address) => {}
            Ok(address) => addresses.push(address),
            Err(_) if faults.len() == MAX_FAULTS => {
                faults.push(fault("There are more texts that are not addresses.".to_owned()));
                break;
            }
            Err(why) => faults.push(fault(format!("“{}” {why}.", shorten(piece)))),
        }
        // Stops here, because comparing all addresses takes time with the square of their number.
        if addresses.len() > MAX_ADDRESSES {
            faults.push(fault(format!("Mail at most {MAX_ADDRESSES} addresses at once.")));
            break;
        }
    }
    if addresses.is_empty() && faults.is_empty() {
        faults.push(fault("Give at least one address, such as anna@example.org.".to_owned()));
    }
    if faults.is_empty() { Ok(addresses) } else { Err(faults) }
}

/// Shortens a typed text so that it fits into a sentence.
fn shorten(piece: &str) -> String {
    let mut letters = piece.chars().map(|c| if c.is_control() { ' ' } else { c });
    let start: String = letters.by_ref().take(60).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faults(text: &str) -> Vec<String> {
        parse_list(text).unwrap_err().into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn addresses_are_taken_and_their_domain_is_lower_case() {
        for (typed, kept) in [
            ("anna@example.org", "anna@example.org"),
            (" Anna.Lee+press@Example.ORG ", "Anna.Lee+press@example.org"),
            ("o'brien_2@mail.xn--mller-kva.example", "o'brien_2@mail.xn--mller-kva.example"),
        ] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn a_text_that_is_not_an_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "@",
            "anna",
            "anna@",
            "@example.org",
            "a@b",
            "a b@example.org",
            "a@exa mple.org",
            "a@b@example.org",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            "a@-example.org",
            "a@example-.org",
            "a@example..org",
            "a@1.2.3.4",
            "a@[127.0.0.1]",
            "\"a b\"@example.org",
            "Anna <a@example.org>",
            "a@example.org\r\nBcc: b@example.org",
            "a\0@example.org",
            "a@example.org>",
            long.as_str(),
        ] {
            assert_eq!(EmailAddress::parse(bad), Err(NotAnAddress::Malformed), "{bad:?}");
        }
        assert_eq!(EmailAddress::parse("jürgen@example.org"), Err(NotAnAddress::NotAscii));
        assert_eq!(EmailAddress::parse("a@müller.example"), Err(NotAnAddress::NotAscii));
        let endless = format!("a@{}org", "b.".repeat(200));
        assert_eq!(EmailAddress::parse(&endless), Err(NotAnAddress::TooLong));
    }

    #[test]
    fn a_list_is_parsed_as_people_type_it_and_each_address_once() {
        let read = parse_list(" a@x.org, b@Y.org;\r\nc@z.org,,\n b@y.ORG , A@x.org").unwrap();
        let read: Vec<_> = read.iter().map(EmailAddress::as_str).collect();
        assert_eq!(read, ["a@x.org", "b@y.org", "c@z.org", "A@x.org"], "the local part may depend on case");
    }

    #[test]
    fn every_bad_address_is_named() {
        assert_eq!(
            faults("a@x.org, anna, b@y, jürgen@x.org"),
            [
                "“anna” is not an address like anna@example.org.",
                "“b@y” is not an address like anna@example.org.",
                "“jürgen@x.org” has letters that not every mail server accepts. Give the address in plain letters, its \
                 domain as xn--….",
            ]
        );
        assert!(faults(&format!("{}\u{7}", "x".repeat(5_000)))[0].chars().count() < 120);
        assert_eq!(faults(&"nobody,".repeat(500)).len(), MAX_FAULTS + 1);
        assert_eq!(faults(" ,; "), ["Give at least one address, such as anna@example.org."]);
    }

    #[test]
    fn a_hundred_addresses_are_the_most() {
        let many = |n: usize| (0..n).map(|n| format!("a{n}@x.org")).collect::<Vec<_>>().join(", ");
        assert_eq!(parse_list(&many(100)).unwrap().len(), 100);
        assert_eq!(faults(&many(101)), ["Mail at most 100 addresses at once."]);
        assert_eq!(parse_list(&"a@x.org,".repeat(1_000)).unwrap().len(), 1);
    }

    proptest! {
        #[test]
        fn an_address_never_breaks_a_header(text in "\\PC{0,20}[\r\n <>\",;:]?\\PC{0,8}@\\PC{0,20}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic() && !b"<>\",;:()[]\\".contains(&b)));
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address));
            }
        }
    }
}
