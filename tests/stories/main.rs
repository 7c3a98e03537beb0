//! What people do with the site, one story per file.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bad_input;
mod budgets;
mod command_line;
mod compression;
mod date_end;
mod disk_full;
mod library_is_followed;
mod link_is_deleted;
mod link_is_edited;
mod link_is_mailed;
mod link_on_a_folder;
mod link_on_a_selection;
mod link_on_an_asset;
mod links_list;
mod logs;
mod mail_goes_out;
mod names_with_direction_marks;
mod no_longer_available;
mod only_through_the_gate;
mod owner_is_disabled;
mod password;
mod recipient_browses;
mod recipient_downloads_all;
mod recipient_downloads_one;
mod sample_events;
mod security_headers;
mod site_is_killed;
mod site_restarts;
mod sweep;
mod users_and_levels;
mod uses_run_out;
mod view_only;
mod zip_of_many_files;

/// The local program, built with these tests from `infra/local/src/main.rs`.
const VITRINE: &str = env!("CARGO_BIN_EXE_vitrine-under-test");
