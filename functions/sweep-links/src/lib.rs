//! The scheduled sweep: ends links, deletes what they leave
