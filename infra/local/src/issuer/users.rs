//! The sample users of a local site.

/// A user as whom one can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleUser {
    /// The user name, as in `POST /auth/token`.
    pub name: &'static str,
    /// The name that pages and mails show.
    pub full_name: &'static str,
    /// The user's id, which never changes (the claim `sub`).
    pub sub: &'static str,
    /// The user's level, which is also the name of their only group.
    pub level: &'static str,
    /// What the user may do, for the sign-in page.
    pub can: &'static str,
}

impl SampleUser {
    /// The user's mail address, in a domain that is reserved for examples.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.name)
    }

    /// The user called `name`.
    pub fn find(name: &str) -> Option<&'static SampleUser> {
        SAMPLE_USERS.iter().find(|u| u.name == name)
    }
}

/// All sample users.
pub const SAMPLE_USERS: &[SampleUser] = &[
    SampleUser {
        name: "ada",
        full_name: "Ada Abel",
        sub: "8f0c1a52-6d2b-4c9e-9a53-0a1b5c7d0001",
        level: "administrator",
        can: "Sees and manages every link of the site",
    },
    SampleUser {
        name: "carl",
        full_name: "Carl Conrad",
        sub: "8f0c1a52-6d2b-4c9e-9a53-0a1b5c7d0002",
        level: "consumer",
        can: "Makes links and manages their own",
    },
    SampleUser {
        name: "cora",
        full_name: "Cora Celik",
        sub: "8f0c1a52-6d2b-4c9e-9a53-0a1b5c7d0003",
        level: "consumer",
        can: "Makes links and manages their own",
    },
    SampleUser {
        name: "prue",
        full_name: "Prue Park",
        sub: "8f0c1a52-6d2b-4c9e-9a53-0a1b5c7d0004",
        level: "producer",
        can: "Edits assets besides making links",
    },
    SampleUser {
        name: "bree",
        full_name: "Bree Brook",
        sub: "8f0c1a52-6d2b-4c9e-9a53-0a1b5c7d0005",
        level: "browser",
        can: "Looks at the library, makes no links",
    },
];
