//! What people do with the site, in Debian's Chromium: the web app and the pages of recipients as they are seen,
//! clicked and typed in. Each look at a page is kept as a screenshot, in a folder that a failure names.
#![expect(clippy::unwrap_used, reason = "a story that meets the unexpected fails there and then")]

mod browser;
mod email_link;
mod foreign_page;
mod gallery;
mod keyboard;
mod links_list;
mod own_provider;
mod phone_and_dark;
mod share_and_download;
mod typed_text;
mod users;
mod view_only;
mod webdriver;
mod without_javascript;
