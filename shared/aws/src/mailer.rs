//! Handing a mail to SES. There are four outcomes, by what the caller may do next; a mail whose outcome is unknown is
//! never handed over again.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::types::RawMessage;
use aws_smithy_types::Blob;
use domain::mail::address::EmailAddress;

use crate::Cloud;

/// A code of the local endpoint's own: the mail server, asked by SMTP, refused the mail for good. The message is what
/// it said. SES tells the same later, by a notification.
pub const REFUSED_BY_SERVER: &str = "SmtpRefused";
/// The same where it put the mail off (a code of 4xx).
pub const PUT_OFF_BY_SERVER: &str = "SmtpPutOff";
/// And where it could not be asked at all: no connection, no TLS, a refused login.
pub const SERVER_UNUSABLE: &str = "SmtpUnusable";

/// What became of handing a mail over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// Accepted; this is SES's message id.
    Taken(String),
    /// SES will not take it, now or later.
    Refused(SesRefusal),
    /// It was not taken, and may be tried again. The cause is for the log.
    NotNow(String, Delay),
    /// Unknown: the answer was lost. The cause is for the log.
    Unknown(String),
}

/// Why a mail was not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// SES is busy, away, or set up wrongly.
    Service,
    /// The mail server can't be used as it is set up.
    ServerUnusable,
    /// The mail server put the mail off, and said this.
    PutOff(String),
}

/// Why SES will not take a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SesRefusal {
    /// The account is in SES's sandbox, and the recipient's address is not one that was verified there.
    AddressNotVerified,
    /// The site's own sender address or its domain is not verified.
    SenderNotVerified,
    /// Sending is paused for the account.
    Paused,
    /// It does not like the mail or its address.
    Rejected,
    /// The mail server refused it, and said this.
    ByServer(String),
}

/// What mails go out by.
#[derive(Clone, Copy)]
pub struct Mailer<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// What mails go out by.
    pub fn mailer(&self) -> Mailer<'_> {
        Mailer(self)
    }
}

impl Mailer<'_> {
    /// Hands a mail (its MIME) over for this one recipient, whatever its headers say.
    pub async fn hand_over(self, to: &EmailAddress, mime: Vec<u8>) -> Handed {
        let Ok(message) = RawMessage::builder().data(Blob::new(mime)).build() else {
            return Handed::NotNow("the SDK takes no such mail".to_owned(), Delay::Service);
        };
        let sent = self
            .0
            .ses()
            .send_raw_email()
            .source(&self.0.settings().mail_from)
            .set_configuration_set_name(self.0.settings().mail_configuration_set.clone())
            .destinations(to.as_str())
            .raw_message(message)
            .send()
            .await;
        match sent {
            Ok(taken) => Handed::Taken(taken.message_id),
            Err(error) => judge(&error),
        }
    }
}

fn judge<R: std::fmt::Debug + 'static>(error: &SdkError<SendRawEmailError, R>) -> Handed {
    // SES's words may name the recipient, which no log does: of its answers the code alone is kept.
    let cause = || match error {
        SdkError::ServiceError(answer) => answer.err().code().unwrap_or("an error without a code").to_owned(),
        other => DisplayErrorContext(other).to_string(),
    };
    match error {
        SdkError::ConstructionFailure(_) => Handed::NotNow(cause(), Delay::Service),
        SdkError::DispatchFailure(_) if never_connected(error) => Handed::NotNow(cause(), Delay::Service),
        SdkError::ServiceError(answer) => {
            let refusal = answer.err();
            let said = refusal.message().unwrap_or_default();
            match refusal.code() {
                Some("MessageRejected") => Handed::Refused(rejection(said)),
                Some("MailFromDomainNotVerified" | "MailFromDomainNotVerifiedException") => {
                    Handed::Refused(SesRefusal::SenderNotVerified)
                }
                Some(
                    "AccountSendingPaused"
                    | "AccountSendingPausedException"
                    | "ConfigurationSetSendingPaused"
                    | "ConfigurationSetSendingPausedException",
                ) => Handed::Refused(SesRefusal::Paused),
                Some(REFUSED_BY_SERVER) => Handed::Refused(SesRefusal::ByServer(said.to_owned())),
                Some(PUT_OFF_BY_SERVER) => Handed::NotNow(cause(), Delay::PutOff(said.to_owned())),
                Some(SERVER_UNUSABLE) => Handed::NotNow(cause(), Delay::ServerUnusable),
                Some("InvalidParameterValue") => Handed::Refused(SesRefusal::Rejected),
                // SES's own trouble, in the midst of which it may have taken the mail.
                Some("InternalFailure" | "InternalServerError") | None => Handed::Unknown(cause()),
                // Throttling, a quota, a missing permission: SES said no.
                Some(_) => Handed::NotNow(cause(), Delay::Service),
            }
        }
        _ => Handed::Unknown(cause()),
    }
}

/// SES has one code for several reasons and tells them apart in words:
/// <https://docs.aws.amazon.com/ses/latest/dg/using-ses-api-error-codes.html>.
fn rejection(said: &str) -> SesRefusal {
    let said = said.to_ascii_lowercase();
    if said.contains("paused") {
        SesRefusal::Paused
    } else if said.contains("not verified") {
        SesRefusal::AddressNotVerified
    } else {
        SesRefusal::Rejected
    }
}

/// Whether there was no connection at all, so that nothing can have been taken.
fn never_connected(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    let mut next = Some(error);
    while let Some(source) = next {
        let kind = source.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkUnreachable)) {
            return true;
        }
        next = source.source();
    }
    false
}
