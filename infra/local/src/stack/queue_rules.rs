//! How long the messages of each queue are hidden, and how often they are delivered.

use jiff::SignedDuration;

use crate::queue::Rules;

/// The queue of events of files, which `ingest-asset` indexes together. Messages are hidden for as long as the function
/// may take.
pub(super) const INGEST: Rules = Rules {
    name: "ingest",
    visibility: SignedDuration::from_secs(300),
    max_receives: domain::event::MAX_RECEIVES,
    batched: true,
};

/// The queue of large files, and of files that failed with others, which `ingest-asset` renders one by one.
pub(super) const RENDER: Rules = Rules { name: "render", batched: false, ..INGEST };

/// The queue of `bundle-assets`.
pub(super) const BUNDLE: Rules = Rules {
    name: "bundle",
    visibility: SignedDuration::from_secs(900),
    max_receives: domain::event::MAX_RECEIVES,
    batched: false,
};

/// The queue of `send-email`, which also gets the notifications about its mails.
pub(super) const EMAIL: Rules = Rules {
    name: "email",
    visibility: SignedDuration::from_secs(180),
    max_receives: domain::event::MAX_RECEIVES,
    batched: false,
};

/// How long a message waits after its first failure; shorter than on AWS, because the user is watching.
pub(super) const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(2);
