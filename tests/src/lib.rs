//! Stories, laws, faults, browser tests and benches on the embedded stack
