//! The ports of a process, so that tests see which of the stores can be reached from outside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The TCP ports that a process listens on, from the kernel's tables
/// (<https://docs.kernel.org/networking/proc_net_tcp.html>).
pub fn listened_ports(process: u32) -> BTreeSet<u16> {
    let process = PathBuf::from(format!("/proc/{process}"));
    let own: BTreeSet<String> = fs::read_dir(process.join("fd"))
        .unwrap()
        // A file may be closed before its link is read.
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()?.to_str().map(str::to_owned))
        .collect();
    let mut ports = BTreeSet::new();
    for table in ["net/tcp", "net/tcp6"] {
        for line in fs::read_to_string(process.join(table)).unwrap().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (address, state, inode) = (fields[1], fields[3], fields[9]);
            if state == "0A" && own.contains(&format!("socket:[{inode}]")) {
                ports.insert(u16::from_str_radix(address.rsplit(':').next().unwrap(), 16).unwrap());
            }
        }
    }
    ports
}
