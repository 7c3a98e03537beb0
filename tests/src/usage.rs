//! What a process uses, from the kernel's tables (<https://docs.kernel.org/filesystems/proc.html>).

use std::fs;
use std::time::Duration;

/// A running process.
#[derive(Debug, Clone, Copy)]
pub struct Usage(u32);

impl Usage {
    /// The process with this id.
    pub fn of(process: u32) -> Self {
        Self(process)
    }

    /// This process.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// Its processor time so far, which the kernel counts in hundredths of a second.
    pub fn cpu(self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        Duration::from_millis((fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10)
    }

    /// Its resident memory now, in bytes.
    pub fn memory(self) -> u64 {
        self.status("VmRSS:")
    }

    /// Its largest resident memory since [`Usage::forget_peak`], in bytes.
    pub fn peak(self) -> u64 {
        self.status("VmHWM:")
    }

    /// Lets the next [`Usage::peak`] begin now.
    pub fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.0), "5").unwrap();
    }

    fn status(self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}
