//! The client network of a request, by which password tries and requests for bundles are counted.

use std::net::IpAddr;

use crate::id::{LinkId, hex_digest};

/// An IPv4 address, or the /64 of an IPv6 address, because one subscriber has a whole /64. It is stored only as a hash
/// with the link's id, so that no row holds a recipient's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNetwork(String);

impl ClientNetwork {
    /// The network of an address, for one link. All texts that are not addresses count as one network.
    pub fn of(source_ip: &str, link: &LinkId) -> Self {
        let network = match source_ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
            Ok(IpAddr::V4(v4)) => v4.to_string(),
            Ok(IpAddr::V6(v6)) => format!("{:x?}", &v6.segments()[..4]),
            Err(_) => "unknown".to_owned(),
        };
        Self(hex_digest("network", format!("{link} {network}").as_bytes()))
    }

    /// The hash, for keys of rows.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_counts_by_address_and_ipv6_by_subscriber() {
        let link = LinkId::of("t");
        let of = |ip| ClientNetwork::of(ip, &link);
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), ClientNetwork::of("192.0.2.1", &LinkId::of("u")));
    }
}
