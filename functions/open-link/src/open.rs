//! `POST /s/{token}`: opening a link. A use is spent here and nowhere else, and never twice for one nonce.

use aws::Metric;
use aws::rows::tries::Try;
use aws::rows::uses::Spent;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::gate::network::ClientNetwork;
use domain::gate::password::Password;
use domain::gate::visit::{Holder, Nonce, Visit, VisitCookie};
use domain::gate::{Gate, Refusal};
use domain::id::LinkId;
use domain::link::Link;
use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use web::headers::gated;
use web::pages::GateError;
use web::problem::Problem;
use web::recipient::{PathToken, is_cross_site, is_from_own_page, refuse, source_ip, wants_json};

use crate::landing::{gate_page, hold};
use crate::{Site, failed};

/// The gate's form.
#[derive(Default)]
struct GateForm {
    /// The page's nonce.
    visit: String,
    /// What was typed.
    password: String,
}

impl GateForm {
    /// Of the fields as sent.
    ///
    /// # Errors
    /// 422 for a field that stands twice.
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
                    "This field stands twice. Give it once.",
                )]));
            }
        }
        Ok(Self { visit: visit.unwrap_or_default(), password: password.unwrap_or_default() })
    }
}

pub(crate) async fn open(
    State(site): State<Site>,
    PathToken(token): PathToken,
    extensions: Extensions,
    request: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    if is_cross_site(&request) {
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
    let attempt = Attempt { site: &site, token: &token, request: &request };
    match attempt.open(form, source_ip(&extensions)).await {
        Ok(answer) => answer,
        Err(error) => failed(&error),
    }
}

/// What a request's cookies say of the browser it comes from.
#[derive(Clone, Copy)]
struct Browser<'a> {
    holder: Option<&'a Holder>,
    /// A visit's, made with the link's key.
    cookie: Option<&'a VisitCookie>,
}

impl Browser<'_> {
    /// Whether it is the one that opened this visit.
    fn opened(self, visit: &Visit) -> bool {
        visit.was_opened_by(self.holder) || self.cookie.is_some_and(|cookie| cookie.visit_id() == visit.id)
    }
}

struct Attempt<'a> {
    site: &'a Site,
    token: &'a str,
    request: &'a HeaderMap,
}

impl Attempt<'_> {
    async fn open(&self, form: GateForm, source_ip: &str) -> Result<Response, aws::Error> {
        let now = aws::clock::now();
        let cloud = &self.site.cloud;
        let metrics = cloud.metrics();
        let nonce = Nonce::parse(&form.visit);
        let id = LinkId::of(self.token);
        let (holder, cookie) = (self.site.holder(self.request), self.site.visit(self.request));
        let named = [nonce.as_ref().map(Nonce::visit_id), cookie.as_ref().map(VisitCookie::visit_id)];
        let (link, [visit, visited]) = cloud.visits().link_and_visits(&id, named).await?;
        let Some(link) = link else { return Ok(self.refused(&Refusal::NotFound)) };
        if link.has_expired(now) {
            metrics.count(Metric::UsesRefused);
            return Ok(self.refused(&Refusal::Gone));
        }
        if !link.has_gate() {
            return Ok(self.see_landing(None));
        }
        let is_open = |visit: &Visit| visit.is_open(&link.visit_key, now);
        let has_made = |cookie: &VisitCookie| link.visit_key.made(cookie);
        let cookie = cookie.filter(has_made);
        if is_from_own_page(self.request) {
            // Another tab of theirs has opened the link: a second visit would be spent for nothing.
            if cookie.is_some() && visited.as_ref().is_some_and(is_open) && visit.is_none() {
                return Ok(self.see_landing(None));
            }
            // What is opened would be lost at once, with the use spent on it. Programs may go without.
            if holder.is_none() && cookie.is_none() && link.can_be_used(now) {
                return Ok(self.again(&link, StatusCode::BAD_REQUEST, GateError::NoCookies));
            }
        }
        // A visit under this nonce is an earlier attempt of the same page, whose answer may have been lost.
        let browser = Browser { holder: holder.as_ref(), cookie: cookie.as_ref() };
        let again = visit.as_ref().is_some_and(|visit| is_open(visit) && browser.opened(visit));
        if !again && !link.can_be_used(now) {
            metrics.count(Metric::UsesRefused);
            return Ok(self.refused(&Refusal::Gone));
        }
        let elsewhere = !again && visit.as_ref().is_some_and(is_open);
        if elsewhere && link.password.is_none() {
            return Ok(self.opened_elsewhere(&link));
        }
        let Some(nonce) = nonce.filter(|_| again || elsewhere || visit.is_none()) else {
            return Ok(self.again(&link, StatusCode::BAD_REQUEST, GateError::Stale));
        };

        let tried = match &link.password {
            None => None,
            Some(hash) => {
                let network = ClientNetwork::of(source_ip, &link.id);
                let tried = match cloud.visits().count_try(&link.id, &network, now).await? {
                    Try::Counted(tried) => tried,
                    Try::TooMany(wait) => {
                        metrics.count(Metric::GateThrottled);
                        return Ok(self.too_many(&link, wait));
                    }
                };
                if !matches(hash.clone(), form.password).await {
                    metrics.count(Metric::PasswordsRefused);
                    return Ok(self.again(&link, StatusCode::UNAUTHORIZED, GateError::WrongPassword));
                }
                Some(tried)
            }
        };
        let visit = Visit::open(&nonce, holder.as_ref(), &link.visit_key, now, link.expires_at);
        match cloud.visits().spend_use(&link, &visit, tried.as_ref(), now).await? {
            Spent::Opened => {
                metrics.count(Metric::VisitsOpened);
                tracing::info!(link = %link.id, "a link was opened");
                Ok(self.see_landing(Some((&link, &nonce, &visit, now))))
            }
            Spent::AlreadyOpen => self.open_again(&link, &nonce, browser, now).await,
            Spent::Refused => {
                metrics.count(Metric::UsesRefused);
                self.refused_meanwhile(&link, now).await
            }
        }
    }

    /// The visit that an earlier attempt of the same page made, for the browser that made it.
    async fn open_again(
        &self,
        link: &Link,
        nonce: &Nonce,
        browser: Browser<'_>,
        now: Timestamp,
    ) -> Result<Response, aws::Error> {
        let (_, standing) =
            self.site.cloud.visits().link_and_visit(&link.id, Some(&nonce.visit_id())).await?;
        Ok(match standing.filter(|visit| visit.is_open(&link.visit_key, now)) {
            Some(visit) if browser.opened(&visit) => self.see_landing(Some((link, nonce, &visit, now))),
            Some(_) => self.opened_elsewhere(link),
            None => self.again(link, StatusCode::BAD_REQUEST, GateError::Stale),
        })
    }

    /// The nonce has a visit, and this is not the browser that opened it: nothing is spent and nothing given away. A
    /// program that repeats its request without any cookie hears what it heard before; a person is told in words.
    fn opened_elsewhere(&self, link: &Link) -> Response {
        if is_from_own_page(self.request) {
            return self.again(link, StatusCode::CONFLICT, GateError::OpenedElsewhere);
        }
        self.see_landing(None)
    }

    /// The link changed between reading it and spending its use: the last use went, it ended, or its security
    /// changed, in which case the recipient starts again at the gate.
    async fn refused_meanwhile(&self, judged: &Link, now: Timestamp) -> Result<Response, aws::Error> {
        let (link, _) = self.site.cloud.visits().link_and_visit(&judged.id, None).await?;
        Ok(match link {
            None => self.refused(&Refusal::NotFound),
            Some(link) if link.visit_key != judged.visit_key && link.can_be_used(now) => {
                self.again(&link, StatusCode::CONFLICT, GateError::Stale)
            }
            Some(_) => self.refused(&Refusal::Gone),
        })
    }

    fn refused(&self, refusal: &Refusal) -> Response {
        refuse(refusal, self.token, self.request, &self.site.headers)
    }

    /// 303 to the landing page, with the cookie of the visit.
    fn see_landing(&self, opened: Option<(&Link, &Nonce, &Visit, Timestamp)>) -> Response {
        let mut headers = gated();
        let path = format!("/s/{}", self.token);
        match HeaderValue::from_str(&path) {
            Ok(path) => headers.insert(LOCATION, path),
            Err(error) => return Problem::internal(&error).into_response(),
        };
        if let Some((link, nonce, visit, now)) = opened {
            let lasts = std::time::Duration::try_from(visit.ends_at.duration_since(now)).unwrap_or_default();
            let secret = link.visit_key.cookie(nonce).reveal();
            match self.site.cookie.set(self.token, &secret, lasts) {
                Ok(cookie) => headers.insert(SET_COOKIE, cookie),
                Err(error) => return Problem::internal(&error).into_response(),
            };
        }
        (StatusCode::SEE_OTHER, headers).into_response()
    }

    /// The gate once more, with what went wrong.
    fn again(&self, link: &Link, status: StatusCode, error: GateError) -> Response {
        if wants_json(self.request) {
            let needs_password = link.password.is_some();
            let problem = match (status, error) {
                (StatusCode::UNAUTHORIZED, _) => Problem::unauthorized("That is not the password."),
                (StatusCode::CONFLICT, GateError::OpenedElsewhere) => Problem::conflict(
                    "This nonce has opened a visit already, for whoever sent it first. Send that of a fresh gate page.",
                ),
                (StatusCode::CONFLICT, _) => Problem::conflict("The link has changed. Open it again."),
                (_, GateError::NoCookies) => Problem::bad_request(
                    "The gate page's cookie was not sent back. Allow cookies, then open the link again.",
                ),
                _ => Problem::bad_request("Send the nonce of a fresh gate page as visit."),
            };
            return problem.with("needs_password", needs_password).into_response();
        }
        self.page(link, status, error)
    }

    /// The gate once more, as a page. A browser that lost the page's cookie gets another with it.
    fn page(&self, link: &Link, status: StatusCode, error: GateError) -> Response {
        let mut page = gate_page(self.site, self.token, Gate::of(link), status, Some(error));
        if is_from_own_page(self.request) {
            hold(self.site, self.token, self.request, &mut page);
        }
        page
    }

    fn too_many(&self, link: &Link, wait: jiff::SignedDuration) -> Response {
        let seconds = u64::try_from(wait.as_secs()).unwrap_or_default().max(1);
        let mut answer = if wants_json(self.request) {
            Problem::too_many("Too many wrong passwords. Wait, then try again.", seconds).into_response()
        } else {
            let error = GateError::TooManyTries { retry_after: seconds };
            self.page(link, StatusCode::TOO_MANY_REQUESTS, error)
        };
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        answer
    }
}

/// Compares off the async threads: it takes some 20 ms of CPU. Text that could be no password matches nothing.
async fn matches(hash: domain::gate::password::PasswordHash, typed: String) -> bool {
    let Ok(password) = Password::new(typed) else { return false };
    match tokio::task::spawn_blocking(move || hash.matches(&password)).await {
        Ok(matches) => matches,
        Err(error) => {
            tracing::error!(%error, "a password could not be compared");
            false
        }
    }
}
