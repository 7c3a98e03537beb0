//! What cargo run starts: the functions behind one address, on embedded stores
