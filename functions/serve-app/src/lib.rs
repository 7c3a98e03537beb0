//! The users' web app and the static files of every page
