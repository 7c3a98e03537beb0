//! What a test puts into its stores.

use aws::clock::now;
use aws::rows::links::OwnedLink;
use domain::asset::Asset;
use domain::link::{Link, Target};
use domain::samples;
use domain::token::LinkToken;
use domain::user::User;
use domain::visit::VisitKey;

use crate::Stores;

impl Stores {
    /// The sample user of this id, as somebody who has been on the site.
    pub async fn user(&self, id: &str) -> User {
        self.cloud.users().remember(samples::user(id)).await.unwrap()
    }

    /// Puts assets into the library, without files.
    pub async fn add(&self, assets: &[Asset]) {
        for asset in assets {
            self.cloud.assets().replace(None, Some(asset)).await.unwrap();
        }
    }

    /// The sample link with a token of its own, made now, with what `change` makes of it.
    pub async fn share(&self, change: impl FnOnce(&mut Link)) -> OwnedLink {
        let owned = fresh(change);
        self.cloud.links().create(&owned).await.unwrap();
        owned
    }

    /// The same, without its token.
    pub async fn link(&self, change: impl FnOnce(&mut Link)) -> Link {
        self.share(change).await.link
    }

    /// The same, on assets that are picked. Those that are not in the library are put there first, since a selection
    /// follows its assets.
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
        let link = &owned.link;
        self.cloud.sets().put_selection(&link.id, "assets", assets, link.created).await.unwrap();
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
