//! Writes a mail when it is sent, from the link's current terms.

use aws::Cloud;
use aws::rows::links::OwnedLink;
use domain::link::LinkStatus;
use domain::mail::address::EmailAddress;
use domain::mail::{Mail, Mailing};
use domain::user::User;
use jiff::Timestamp;
use web::mails::{Envelope, LinkMail};

use crate::failure::Failure;
use crate::reasons::{DELETED, EXPIRED, NO_SENDER, OWNER_GONE, USED_UP};

const BRAND: &str = "Vitrine";

/// Writes the mail's MIME; or returns the reason, for its sender, why the link can't be opened any more.
pub(crate) async fn compose(
    link: Option<OwnedLink>,
    mailing: Option<Mailing>,
    mail: &Mail,
    now: Timestamp,
    cloud: &Cloud,
) -> Result<Result<Vec<u8>, &'static str>, Failure> {
    let (Some(OwnedLink { link, token }), Some(mailing)) = (link, mailing) else { return Ok(Err(DELETED)) };
    let mut users = cloud.users().find_many(&[link.owner.clone(), mailing.sender.clone()]).await?.into_iter();
    let (owner, sender) = (users.next().flatten(), users.next().flatten());
    match link.status(owner.as_ref().is_some_and(|owner| owner.enabled), now) {
        LinkStatus::Active => {}
        LinkStatus::Expired => return Ok(Err(EXPIRED)),
        LinkStatus::UsedUp => return Ok(Err(USED_UP)),
        LinkStatus::OwnerGone => return Ok(Err(OWNER_GONE)),
    }
    let Ok(from) = EmailAddress::parse(&cloud.settings().mail_from) else { return Ok(Err(NO_SENDER)) };
    let sender = sender.or(owner);
    let name = sender.as_ref().map_or(BRAND, |user: &User| user.name.as_str()).to_owned();
    let letter = LinkMail {
        brand: BRAND.to_owned(),
        sender: name.clone(),
        message: mailing.message.map(String::from),
        url: cloud.link_url(&token),
        expires_at: link.terms.expires_at,
        time_zone: link.terms.time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        uses_left: link.uses_left().map(u64::from),
        has_password: link.password.is_some(),
        title: link.terms.title,
    };
    let envelope = Envelope {
        // The name is cut before the service's name, so that a long name can't hide it.
        from_name: format!("{} via {BRAND}", name.chars().take(64).collect::<String>()),
        from,
        to: mail.address.clone(),
        // Accounts without an address, such as service accounts, get no replies.
        reply_to: sender.and_then(|user| EmailAddress::parse(&user.email).ok()),
        id: mail.id.to_string(),
        date: now,
    };
    Ok(Ok(letter.write(&envelope)?))
}
