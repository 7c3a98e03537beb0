//! Zips: names, layout, partition.
