//! What people do with the site in Chromium: the web app and the recipients' pages. Every checked page is saved as a
//! screenshot, in a folder that a failure names.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

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
