//! The numbers that the simulation assumes. Those of requests and units are to be counted on the code; those of
//! DynamoDB are of its documents where a source is given, and otherwise estimates that `main.rs` also doubles.

/// What a way of indexing needs from the table and from its worker.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub name: &'static str,
    /// The most assets of a group, which is written in one transaction.
    pub group: usize,
    /// The most writes of a transaction: assets and folder rows (DynamoDB: 100).
    pub writes: usize,
    /// Writes of one asset in its transaction.
    pub writes_per_asset: usize,
    /// Writes of each folder of an asset in its transaction: its own folder and all above.
    pub rows_per_folder: usize,
    /// Write units of one asset in all its transactions, with its index entries and words, without folder rows.
    pub units_per_asset: f64,
    /// Write units of one folder row.
    pub units_per_folder_row: f64,
    /// Write units of one asset in the busiest partition of an index: the range of the whole library.
    pub units_in_library: f64,
    /// The worker's time for an asset before its group is written, in ms: reading and rendering it.
    pub work_per_asset: f64,
    /// The same for a file that is only listed.
    pub listing_per_asset: f64,
    /// The same for a group: reading what its assets were.
    pub work_per_group: f64,
    /// A second transaction for each asset, after so many ms: before version 2 an asset was listed first and rendered
    /// later.
    pub again_after: Option<f64>,
    /// The share of the messages whose files are only listed, from 0 to 1.
    pub only_listed: f64,
    /// The most attempts of a transaction.
    pub attempts: u32,
    /// The rows over which the figures of the root are spread.
    pub root_rows: u64,
}

/// The way before version 2 of the rows: one asset a transaction, with a copy and figures in each folder above, and a
/// second transaction after rendering.
pub const TODAY: Way = Way {
    name: "today",
    group: 1,
    writes: 100,
    writes_per_asset: 6,
    rows_per_folder: 2,
    units_per_asset: 40.0,
    units_per_folder_row: 2.0,
    units_in_library: 2.0,
    work_per_asset: 20.0,
    listing_per_asset: 20.0,
    work_per_group: 0.0,
    again_after: Some(300.0),
    only_listed: 0.0,
    attempts: ATTEMPTS,
    root_rows: 1,
};

/// Version 2, small files: read, rendered and written once, in groups.
pub const ONE_STEP: Way = Way {
    name: "groups, one step",
    group: 100,
    writes: 100,
    writes_per_asset: 1,
    rows_per_folder: 1,
    // A row of 2 KB in a transaction, three index entries, five words.
    units_per_asset: 12.0,
    units_per_folder_row: 2.0,
    units_in_library: 1.0,
    work_per_asset: 300.0,
    // A HEAD of 15 ms, 16 at once, and a fifth of a request for words.
    listing_per_asset: 1.3,
    work_per_group: 10.0,
    again_after: None,
    only_listed: 0.0,
    attempts: ATTEMPTS,
    root_rows: 1,
};

/// Version 2, only listing: large files, or a backfill of what needs no reading.
pub const LISTING: Way = Way { name: "groups, only listed", only_listed: 1.0, ..ONE_STEP };

/// How long a transaction holds its rows, in ms: from the least to the most, and for each write
/// (<https://www.usenix.org/conference/atc23/presentation/idziorek> has the protocol and its times).
pub const HOLD: (f64, f64) = (4.0, 8.0);
pub const HOLD_PER_WRITE: f64 = 0.1;
/// The part of it in which the rows are prepared. A refused transaction lets go of its rows after this part.
pub const PREPARE: f64 = 0.5;
/// The way from the function to the table and back, in ms.
pub const NETWORK: (f64, f64) = (1.0, 2.0);
/// Write units a second of one partition, and what it saves for a burst
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>).
pub const PARTITION: (f64, f64) = (1_000.0, 1_000.0);
/// Attempts of a transaction, as `ATTEMPTS` in shared/aws/src/rows/transact.rs.
pub const ATTEMPTS: u32 = 12;
/// The time between the end of a batch and the next one of the same poller, in ms, if messages wait.
pub const POLL: f64 = 20.0;
/// The time between the starts of two workers when many messages wait, in ms: Lambda adds 300 a minute
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>).
pub const BETWEEN_STARTS: f64 = 200.0;
/// The most messages of a batch.
pub const BATCH: usize = 100;
/// Batches that Lambda's pollers gather at once when few messages come
/// (<https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>).
pub const POLLERS: usize = 5;
/// Folders below the root: of the first, second and third level, each level below one folder of the level above.
pub const FAN: u64 = 10;

/// The pause after attempt `n`, in ms, for a random number from 0 to 1: as `pause` in shared/aws/src/backoff.rs.
pub fn pause(n: u32, random: f64) -> f64 {
    let most = f64::from(20_u32 << n.min(6));
    most / 2.0 + most * random
}

/// How the messages of a batch are spread over folders.
#[derive(Debug, Clone, Copy)]
pub enum Spread {
    /// All messages of all workers are of one folder: a shoot.
    OneFolder,
    /// The messages of all workers are of the same so many folders: several uploads.
    Shared(u64),
    /// Each batch is of so many folders that no other batch has: a backfill, whose pages are in the order of keys.
    Own(u64),
    /// Each message is of any folder of a large library.
    Scattered,
}

impl Spread {
    pub fn name(self) -> String {
        match self {
            Self::OneFolder => "one folder".to_owned(),
            Self::Shared(count) => format!("{count} folders, shared"),
            Self::Own(count) => format!("{count} folders each"),
            Self::Scattered => "scattered".to_owned(),
        }
    }
}
