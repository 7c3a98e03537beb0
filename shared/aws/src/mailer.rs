//! Sends mails by SES. An attempt has one of four outcomes, divided by what the caller may do next; a mail whose
//! outcome is unknown is never sent again.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::types::RawMessage;
use aws_smithy_types::Blob;
use domain::mail::address::EmailAddress;

use crate::Cloud;

/// An error code of the local endpoint only: the SMTP server refused the mail permanently (a 5xx code). The error's
/// message is the server's reply; SES reports the same later, by a notification.
pub const REFUSED_BY_SERVER: &str = "SmtpRefused";
/// An error code of the local endpoint only: the SMTP server deferred the mail (a 4xx code).
pub const PUT_OFF_BY_SERVER: &str = "SmtpPutOff";
/// An error code of the local endpoint only: there was no connection, no TLS, or the login was refused.
pub const SERVER_UNUSABLE: &str = "SmtpUnusable";

/// The outcome of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// SES accepted the mail under this message id.
    Accepted(String),
    /// SES refuses the mail, now and later.
    Refused(SesRefusal),
    /// SES did not accept the mail, and it may be sent again. The cause is for the log.
    NotNow(String, Delay),
    /// Unknown, because there was no answer. The cause is for the log.
    Unknown(String),
}

/// Why a mail was not accepted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// SES is busy, unreachable, or configured wrongly.
    Service,
    /// The SMTP server can't be used with the site's settings.
    ServerUnusable,
    /// The SMTP server deferred the mail with this reply.
    PutOff(String),
}

/// Why SES refuses a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SesRefusal {
    /// The account is in SES's sandbox, and the recipient's address is not verified.
    AddressNotVerified,
    /// The site's sender address or its domain is not verified.
    SenderNotVerified,
    /// Sending is paused for the account.
    Paused,
    /// SES rejects the mail's content or its address.
    Rejected,
    /// The SMTP server refused the mail with this reply.
    ByServer(String),
}

/// Sends mails.
#[derive(Clone, Copy)]
pub struct Mailer<'a>(pub(crate) &'a Cloud);

impl Cloud {
    /// Sends mails.
    pub fn mailer(&self) -> Mailer<'_> {
        Mailer(self)
    }
}

impl Mailer<'_> {
    /// Sends a mail (as MIME) to this one recipient; its headers are not read for recipients.
    pub async fn send(self, to: &EmailAddress, mime: Vec<u8>) -> SendOutcome {
        let Ok(message) = RawMessage::builder().data(Blob::new(mime)).build() else {
            return SendOutcome::NotNow("the SDK did not accept the mail's MIME".to_owned(), Delay::Service);
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
            Ok(answer) => SendOutcome::Accepted(answer.message_id),
            Err(error) => classify(&error),
        }
    }
}

fn classify<R: std::fmt::Debug + 'static>(error: &SdkError<SendRawEmailError, R>) -> SendOutcome {
    // SES's message may contain the recipient's address, which must not be logged, so only the code is kept.
    let cause = || match error {
        SdkError::ServiceError(answer) => answer.err().code().unwrap_or("an error without a code").to_owned(),
        other => DisplayErrorContext(other).to_string(),
    };
    match error {
        SdkError::ConstructionFailure(_) => SendOutcome::NotNow(cause(), Delay::Service),
        SdkError::DispatchFailure(_) if never_connected(error) => {
            SendOutcome::NotNow(cause(), Delay::Service)
        }
        SdkError::ServiceError(answer) => {
            let refusal = answer.err();
            let message = refusal.message().unwrap_or_default();
            match refusal.code() {
                Some("MessageRejected") => SendOutcome::Refused(classify_rejection(message)),
                Some("MailFromDomainNotVerified" | "MailFromDomainNotVerifiedException") => {
                    SendOutcome::Refused(SesRefusal::SenderNotVerified)
                }
                Some(
                    "AccountSendingPaused"
                    | "AccountSendingPausedException"
                    | "ConfigurationSetSendingPaused"
                    | "ConfigurationSetSendingPausedException",
                ) => SendOutcome::Refused(SesRefusal::Paused),
                Some(REFUSED_BY_SERVER) => SendOutcome::Refused(SesRefusal::ByServer(message.to_owned())),
                Some(PUT_OFF_BY_SERVER) => SendOutcome::NotNow(cause(), Delay::PutOff(message.to_owned())),
                Some(SERVER_UNUSABLE) => SendOutcome::NotNow(cause(), Delay::ServerUnusable),
                Some("InvalidParameterValue") => SendOutcome::Refused(SesRefusal::Rejected),
                // SES failed, and may have accepted the mail before that.
                Some("InternalFailure" | "InternalServerError") | None => SendOutcome::Unknown(cause()),
                // Throttling, a quota or a missing permission: SES refused the request.
                Some(_) => SendOutcome::NotNow(cause(), Delay::Service),
            }
        }
        _ => SendOutcome::Unknown(cause()),
    }
}

/// SES uses the code `MessageRejected` for several reasons, which only its message distinguishes:
/// <https://docs.aws.amazon.com/ses/latest/dg/using-ses-api-error-codes.html>.
fn classify_rejection(message: &str) -> SesRefusal {
    let message = message.to_ascii_lowercase();
    if message.contains("paused") {
        SesRefusal::Paused
    } else if message.contains("not verified") {
        SesRefusal::AddressNotVerified
    } else {
        SesRefusal::Rejected
    }
}

/// Whether there was no connection at all, so that SES can't have accepted the mail.
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
