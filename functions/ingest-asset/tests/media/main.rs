//! The media part, from files made here by code to the JPEGs that recipients see.

mod files;
mod formats;
mod hostile;
mod orientation;
mod svg;
