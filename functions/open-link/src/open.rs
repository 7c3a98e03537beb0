//! `POST /s/{token}`: opens a link. Uses are spent only here, and never twice for one nonce.

use api::failure::store_failed;
use api::recipient::{Recipient, Site};
use aws::Metric;
use aws::rows::spend_use::Spent;
use aws::rows::windows::Count;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::gate::network::ClientNetwork;
use domain::gate::{Knock, Opening, Refusal, knock};
use domain::id::LinkId;
use domain::link::Link;
use domain::password::Password;
use domain::visit::{Nonce, Visit, VisitCookie};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use web::headers::gated;
use web::pages::GateError;
use web::problem::Problem;
use web::recipient::{is_cross_site, is_from_own_page, landing_path, refuse};

use crate::gate_page::{show_gate_after, show_gate_again};

/// The gate's form.
#[derive(Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct GateForm {
    /// The page's nonce.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    visit: String,
    /// The password that was typed.
    #[cfg_attr(feature = "openapi", schema(required = false))]
    password: String,
}

impl GateForm {
    /// Parses the fields of the form.
    ///
    /// # Errors
    /// 422 for a field that is given twice.
    fn read(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        let (mut visit, mut password) = (None, None);
        for (name, value) in fields {
            let field = match name.as_str() {
                "visit" => &mut visit,
                "password" => &mut password,
                _ => continue,
            };
            if field.replace(value).is_some() {
                return Err(Problem::unprocessable([FieldError::new(
                    name,
                    "This field is given twice. Give it once.",
                )]));
            }
        }
        Ok(Self { visit: visit.unwrap_or_default(), password: password.unwrap_or_default() })
    }
}

/// Opens a link, and spends one of its uses if they are limited.
///
/// If the form is sent again with the same nonce, no second use is spent.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/s/{token}", operation_id = "open_link", tag = "Recipients",
    params(api::openapi::Token),
    request_body(content = GateForm, content_type = "application/x-www-form-urlencoded", description = "At most 16 KiB."),
    responses(
        (status = 303, description = "The link is open.", headers(
            ("Location" = String, description = "The landing page."),
            ("Set-Cookie" = Option<String>, description = "The visit, if the link has a gate."),
        )),
        (status = 400, description = "The form can't be read, or its nonce is not valid: load the gate page again."),
        (status = 401, description = "The password is wrong."),
        (status = 403, description = "The request came from a page of another site."),
        (status = 409, description = "The link has changed, or its nonce was used by another browser."),
        (status = 415, description = "The body is not a form."),
        (status = 429, description = "Too many wrong passwords, or more requests than the site takes."),
    ),
))]
pub(crate) async fn open(
    State(site): State<Site>,
    recipient: Recipient,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    if is_cross_site(&recipient.headers) {
        return Problem::forbidden("Open the link from its own page.").into_response();
    }
    let form = match form {
        Ok(Form(fields)) => match GateForm::read(fields) {
            Ok(form) => form,
            Err(refused) => return refused.into_response(),
        },
        Err(FormRejection::InvalidFormContentType(_)) => {
            let detail = "Send a form: application/x-www-form-urlencoded with visit and password.";
            return Problem::unsupported_media_type(detail).into_response();
        }
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Problem::payload_too_large("The form is larger than any password.").into_response();
        }
        Err(_) => return Problem::bad_request("The form could not be read.").into_response(),
    };
    let attempt = Attempt { site: &site, recipient: &recipient, now: aws::clock::now() };
    match attempt.open(form).await {
        Ok(answer) => answer,
        Err(error) => store_failed(&error).into_response(),
    }
}

struct Attempt<'a> {
    site: &'a Site,
    recipient: &'a Recipient,
    now: Timestamp,
}

/// A link that may be opened, and the opening that was judged.
struct Judged<'a> {
    link: &'a Link,
    nonce: &'a Nonce,
    opening: Opening<'a>,
}

impl Attempt<'_> {
    async fn open(&self, form: GateForm) -> Result<Response, aws::Error> {
        let (cloud, now) = (&self.site.cloud, self.now);
        let nonce = Nonce::parse(&form.visit);
        let (holder, cookie) = (self.recipient.holder.as_ref(), self.recipient.visit.as_ref());
        let id = LinkId::of(&self.recipient.token);
        let visit_ids = [nonce.as_ref().map(Nonce::visit_id), cookie.map(VisitCookie::visit_id)];
        let (link, [visit, cookie_visit]) = cloud.visits().link_and_visits(&id, visit_ids).await?;
        let Some(link) = link else { return Ok(self.refuse(&Refusal::NotFound)) };
        let owner = cloud.users().find_many(std::slice::from_ref(&link.owner)).await?.pop().flatten();
        let opening = Opening {
            nonce: nonce.as_ref(),
            visit: visit.as_ref(),
            cookie,
            cookie_visit: cookie_visit.as_ref(),
            holder,
            from_own_page: is_from_own_page(&self.recipient.headers),
        };
        let again = |status, error| self.show_gate_again(&link, status, error);
        match knock(&link, owner.as_ref(), &opening, now) {
            Err(refusal) => {
                cloud.metrics().count(Metric::UsesRefused);
                Ok(self.refuse(&refusal))
            }
            Ok(Knock::NoGate | Knock::AlreadyOpen) => Ok(self.redirect_to_landing(None)),
            Ok(Knock::NoCookies) => Ok(again(StatusCode::BAD_REQUEST, GateError::NoCookies)),
            Ok(Knock::OpenedElsewhere) => Ok(self.opened_elsewhere(&link)),
            Ok(Knock::Stale) => Ok(again(StatusCode::BAD_REQUEST, GateError::Stale)),
            Ok(Knock::MayOpen(nonce)) => {
                self.spend(Judged { link: &link, nonce, opening }, form.password).await
            }
        }
    }

    /// Checks the password, if the link has one, and spends a use.
    async fn spend(&self, judged: Judged<'_>, password: String) -> Result<Response, aws::Error> {
        let Judged { link, nonce, opening } = &judged;
        let (cloud, metrics, now) = (&self.site.cloud, self.site.cloud.metrics(), self.now);
        let tried = match &link.password {
            None => None,
            Some(hash) => {
                let network = ClientNetwork::of(&self.recipient.source_ip, &link.id);
                let tried = match cloud.visits().count_try(&link.id, &network, now).await? {
                    Count::Counted(tried) => tried,
                    Count::TooMany(wait) => {
                        metrics.count(Metric::GateThrottled);
                        return Ok(show_gate_after(self.site, self.recipient, link, wait));
                    }
                };
                if !matches(hash.clone(), password).await {
                    metrics.count(Metric::PasswordsRefused);
                    return Ok(self.show_gate_again(
                        link,
                        StatusCode::UNAUTHORIZED,
                        GateError::WrongPassword,
                    ));
                }
                Some(tried)
            }
        };
        let visit = Visit::open(nonce, opening.holder, &link.visit_key, now, link.terms.expires_at);
        match cloud.visits().spend_use(link, &visit, tried.as_ref(), now).await? {
            Spent::Opened => {
                metrics.count(Metric::VisitsOpened);
                tracing::info!(link = %link.id, "a link was opened");
                Ok(self.redirect_to_landing(Some((link, nonce, &visit))))
            }
            Spent::AlreadyOpen => self.open_again(&judged).await,
            Spent::Refused => {
                metrics.count(Metric::UsesRefused);
                self.refuse_changed(link).await
            }
        }
    }

    /// Answers with the visit that an earlier request with the same nonce made, if the same browser sends it again.
    async fn open_again(&self, judged: &Judged<'_>) -> Result<Response, aws::Error> {
        let Judged { link, nonce, opening } = judged;
        let (_, visit) = self.site.cloud.visits().link_and_visit(&link.id, Some(&nonce.visit_id())).await?;
        Ok(match visit.filter(|visit| visit.is_open(&link.visit_key, self.now)) {
            Some(visit) if opening.is_from_who_opened(link, &visit) => {
                self.redirect_to_landing(Some((link, nonce, &visit)))
            }
            Some(_) => self.opened_elsewhere(link),
            None => self.show_gate_again(link, StatusCode::BAD_REQUEST, GateError::Stale),
        })
    }

    /// Answers another browser than the one that opened the nonce's visit: it gets no visit, and no use is spent. A
    /// person sees the reason; a program that repeats its request without cookies gets the same redirect as before.
    fn opened_elsewhere(&self, link: &Link) -> Response {
        if is_from_own_page(&self.recipient.headers) {
            return self.show_gate_again(link, StatusCode::CONFLICT, GateError::OpenedElsewhere);
        }
        self.redirect_to_landing(None)
    }

    /// Answers if the link changed between reading it and spending its use: its last use was spent, it ended, or its
    /// security changed. After a change of security the recipient starts again at the gate page.
    async fn refuse_changed(&self, judged: &Link) -> Result<Response, aws::Error> {
        let (link, _) = self.site.cloud.visits().link_and_visit(&judged.id, None).await?;
        Ok(match link {
            None => self.refuse(&Refusal::NotFound),
            Some(link) if link.visit_key != judged.visit_key && link.can_be_used(self.now) => {
                self.show_gate_again(&link, StatusCode::CONFLICT, GateError::Stale)
            }
            Some(_) => self.refuse(&Refusal::Gone),
        })
    }

    fn refuse(&self, refusal: &Refusal) -> Response {
        refuse(refusal, &self.recipient.token, &self.recipient.headers, &self.site.headers)
    }

    fn show_gate_again(&self, link: &Link, status: StatusCode, error: GateError) -> Response {
        show_gate_again(self.site, self.recipient, link, status, error)
    }

    /// 303 to the landing page, with the visit's cookie if a visit was opened.
    fn redirect_to_landing(&self, opened: Option<(&Link, &Nonce, &Visit)>) -> Response {
        let mut headers = gated();
        let token = &self.recipient.token;
        match HeaderValue::from_str(&landing_path(token)) {
            Ok(path) => headers.insert(LOCATION, path),
            Err(error) => return Problem::internal(&error).into_response(),
        };
        if let Some((link, nonce, visit)) = opened {
            let lasts = std::time::Duration::try_from(visit.ends_at.duration_since(self.now));
            let secret = link.visit_key.cookie(nonce).reveal();
            match self.site.visit_cookie.set(token, &secret, lasts.unwrap_or_default()) {
                Ok(cookie) => headers.insert(SET_COOKIE, cookie),
                Err(error) => return Problem::internal(&error).into_response(),
            };
        }
        (StatusCode::SEE_OTHER, headers).into_response()
    }
}

/// Checks a password on a blocking thread, because it takes about 20 ms of CPU. Text that can't be a password never
/// matches.
async fn matches(hash: domain::password::PasswordHash, typed: String) -> bool {
    let Ok(password) = Password::new(typed) else { return false };
    match tokio::task::spawn_blocking(move || hash.matches(&password)).await {
        Ok(matches) => matches,
        Err(error) => {
            tracing::error!(%error, "a password could not be compared");
            false
        }
    }
}
