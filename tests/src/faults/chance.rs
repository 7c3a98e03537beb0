//! Chance that is the same for the same seed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// Random numbers from a seed, a purpose, and how many were drawn for that purpose before. So concurrent work for other
/// purposes does not change them.
#[derive(Debug)]
pub(super) struct Chance {
    seed: u64,
    drawn: Mutex<HashMap<(&'static str, String), u64>>,
}

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::default() }
    }

    /// A number from 0 to 1, without 1.
    pub(super) fn draw(&self, kind: &'static str, what: &str) -> f64 {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let number = drawn.entry((kind, what.to_owned())).or_default();
        *number += 1;
        let mut hasher = DefaultHasher::new();
        (self.seed, kind, what, *number).hash(&mut hasher);
        // 53 bits, which a double represents exactly.
        (hasher.finish() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_faults_and_another_one_others() {
        let draws = |seed| {
            let chance = Chance::new(seed);
            (0..1000).map(|_| chance.draw("lost", "PutItem")).collect::<Vec<_>>()
        };
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        let rare = draws(7).iter().filter(|draw| **draw < 0.1).count();
        assert!((50..150).contains(&rare), "{rare} of 1,000 at a rate of a tenth");
    }
}
