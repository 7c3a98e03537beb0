//! What people see, without AWS.

pub mod statics;
