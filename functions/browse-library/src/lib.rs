//! Folders and assets over HTTP, for users
