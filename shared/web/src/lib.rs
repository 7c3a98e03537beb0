//! What people see, without AWS: recipients' pages, mails, errors, headers, cookies and static files.

pub mod claims;
pub mod compression;
pub mod delivery;
pub mod disposition;
pub mod format;
pub mod headers;
pub mod json_body;
pub mod mails;
pub mod pages;
pub mod problem;
pub mod recipient;
pub mod statics;
pub mod visit_cookie;
