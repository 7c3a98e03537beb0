//! Reasons why a mail failed, for its sender.

use aws::mailer::{Delay, SesRefusal};

/// The site has no valid address of its own to send from.
pub(crate) const NO_SENDER: &str = "The site’s mail is not set up yet. Ask an administrator.";

pub(crate) const DELETED: &str = "The link was deleted before the mail was sent.";
pub(crate) const EXPIRED: &str =
    "The link expired before the mail was sent. Give it a later end, then send again.";
pub(crate) const USED_UP: &str =
    "The link’s uses ran out before the mail was sent. Allow more of them, then send again.";
pub(crate) const OWNER_GONE: &str =
    "The link can’t be opened any more, because its creator’s account is disabled.";

pub(crate) const NO_MAILBOX: &str = "There is no mailbox of this address. Check it for typing errors.";
pub(crate) const MAILBOX_FULL: &str = "The recipient’s mailbox is full. Try again in some days.";
pub(crate) const MAIL_REFUSED: &str = "The recipient’s mail server refused the mail.";
pub(crate) const ADDRESS_REFUSED: &str =
    "The recipient’s mail server does not take mail for this address. Check it for typing errors.";

/// Explains a refusal to the sender.
pub(crate) fn explain_refusal(why: &SesRefusal) -> String {
    let plain = match why {
        SesRefusal::AddressNotVerified => {
            "The site’s mail service is still on trial and sends only to addresses that were verified there. Ask an \
             administrator."
        }
        SesRefusal::SenderNotVerified => NO_SENDER,
        SesRefusal::Paused => "The site’s mail service is paused. Ask an administrator.",
        SesRefusal::Rejected => "The mail service refused it. Check the address and the message.",
        SesRefusal::ByServer(said) => return format!("{} It said: “{said}”", by_server(said)),
    };
    plain.to_owned()
}

/// Explains to the sender why a mail was given up after several tries.
pub(crate) fn explain_delay(why: &Delay) -> String {
    match why {
        Delay::Service => "The mail service did not accept it. Wait a while, then send it again.".to_owned(),
        Delay::ServerUnusable => {
            "The site’s mail server can’t be used at the moment. Ask an administrator, then send it again."
                .to_owned()
        }
        Delay::PutOff(said) => format!(
            "The mail server put it off each time it was tried. Wait a while, then send it again. It said: “{said}”"
        ),
    }
}

/// A mail server's refusal in plain words, from its enhanced code (<https://www.rfc-editor.org/rfc/rfc3463>, section 3)
/// or, without one, from its code of RFC 5321.
fn by_server(said: &str) -> &'static str {
    let mut codes = said.split(' ');
    let (code, enhanced) = (codes.next().unwrap_or_default(), codes.next().unwrap_or_default());
    match (code, enhanced) {
        (_, "5.1.1" | "5.1.10") => NO_MAILBOX,
        (_, "5.2.2") => MAILBOX_FULL,
        (_, other) if other.starts_with("5.1.") || other.starts_with("5.2.") => ADDRESS_REFUSED,
        (_, other) if other.starts_with("5.") => MAIL_REFUSED,
        ("550" | "551" | "553", _) => ADDRESS_REFUSED,
        _ => MAIL_REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_servers_refusal_is_explained_and_quoted() {
        for (answer, words) in [
            ("550 5.1.1 <anna@example.net>: no such user", NO_MAILBOX),
            ("552 5.2.2 over quota", MAILBOX_FULL),
            ("550 5.1.2 bad domain", ADDRESS_REFUSED),
            ("550 mailbox unavailable", ADDRESS_REFUSED),
            ("554 5.7.1 looks like spam", MAIL_REFUSED),
            ("552 5.3.4 too big", MAIL_REFUSED),
            ("554", MAIL_REFUSED),
        ] {
            let reason = explain_refusal(&SesRefusal::ByServer(answer.to_owned()));
            assert!(reason.starts_with(words) && reason.contains(answer), "{reason}");
        }
        assert!(explain_delay(&Delay::PutOff("451 4.7.1 later".into())).contains("451 4.7.1 later"));
    }
}
