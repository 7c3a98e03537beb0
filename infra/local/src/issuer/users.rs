//! The sample users of a local site.

/// Somebody to sign in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleUser {
    /// What `POST /auth/token` calls them.
    pub name: &'static str,
    /// What people call them.
    pub full_name: &'static str,
    /// The claim `sub`: their id for good.
    pub sub: &'static str,
    /// Their level, which is the name of their one group.
    pub level: &'static str,
    /// What they are there to show, for the sign-in page.
    pub can: &'static str,
}

impl SampleUser {
    /// Their address, in a domain reserved for examples.
    pub fn email(&self) -> String {
        format!("{}@example.org", self.name)
    }

    /// The user called `name`.
    pub fn named(name: &str) -> Option<&'static SampleUser> {
        SAMPLE_USERS.iter().find(|u| u.name == name)
    }
}

/// Everybody there is.
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
