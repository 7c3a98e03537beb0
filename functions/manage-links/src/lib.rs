//! Links over HTTP: create, read, list, edit, delete
