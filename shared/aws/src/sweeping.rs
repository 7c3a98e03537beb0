//! What the sweep reads and clears up.
