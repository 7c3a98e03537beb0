//! Fills the stores of a test.

use aws::clock::now;
use aws::rows::links::OwnedLink;
use domain::asset::Asset;
use domain::id::ListId;
use domain::link::{Link, Target};
use domain::samples;
use domain::token::LinkToken;
use domain::user::User;
use domain::visit::VisitKey;

use crate::Stores;

impl Stores {
    /// Records the sample user of this id, as if they had used the site.
    pub async fn user(&self, id: &str) -> User {
        self.cloud.users().record(samples::user(id)).await.unwrap()
    }

    /// Puts assets into the library, without files.
    pub async fn add(&self, assets: &[Asset]) {
        for asset in assets {
            self.cloud.assets().replace(None, Some(asset)).await.unwrap();
        }
    }

    /// Creates the sample link with a new token and the changes of `change`.
    pub async fn share(&self, change: impl FnOnce(&mut Link)) -> OwnedLink {
        let owned = fresh(change);
        self.cloud.links().create(&owned).await.unwrap();
        owned
    }

    /// The same, but returns only the link.
    pub async fn link(&self, change: impl FnOnce(&mut Link)) -> Link {
        self.share(change).await.link
    }

    /// The same, on a selection. Its assets are put into the library first if they are missing there, because a
    /// selection follows its assets.
    pub async fn share_selection(&self, assets: &[Asset], change: impl FnOnce(&mut Link)) -> OwnedLink {
        for asset in assets {
            if self.cloud.assets().find(&asset.id).await.unwrap().is_none() {
                self.add(std::slice::from_ref(asset)).await;
            }
        }
        let owned = fresh(|link| {
            link.target = Target::Selection;
            change(link);
        });
        let list = ListId::of_link(&owned.link.id);
        self.cloud.lists().put_selection(&list, assets, owned.link.created).await.unwrap();
        self.cloud.links().create(&owned).await.unwrap();
        owned
    }
}

fn fresh(change: impl FnOnce(&mut Link)) -> OwnedLink {
    let token = LinkToken::from_random(aws::random::bytes());
    let mut link = Link {
        id: token.link_id(),
        visit_key: VisitKey::from_random(aws::random::bytes()),
        created: now(),
        updated: now(),
        ..samples::link()
    };
    change(&mut link);
    OwnedLink { link, token }
}
