//! The landing page, the gate, and the use
