//! Addresses: where a request really comes from.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The proxies whose X-Forwarded-For is believed.
#[derive(Clone)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those of these addresses or networks, by commas; the error names what is neither.
    pub fn read(trusted: &str) -> Result<Self, String> {
        let texts = trusted.split(',').map(str::trim).filter(|text| !text.is_empty());
        let networks = texts.map(|text| {
            let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
            network.map_err(|_| format!("'{text}' does not appear to be an IPv4 or IPv6 network"))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// The right-most address that no trusted proxy speaks for; the socket's own when a header makes no sense.
    pub fn client(&self, peer: IpAddr, forwarded: &[u8]) -> IpAddr {
        let mut client = peer.to_canonical();
        for hop in forwarded.rsplit(|byte| *byte == b',') {
            if !self.trusts(client) {
                break;
            }
            match std::str::from_utf8(hop).ok().and_then(|hop| hop.trim().parse::<IpAddr>().ok()) {
                Some(address) => client = address.to_canonical(),
                None => return peer,
            }
        }
        client
    }
}

/// What one customer has: an IPv4 address, or the 64-bit network of an IPv6 one.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_most_untrusted_address_is_the_client() {
        for (trusted, peer, forwarded, client) in [
            ("", "1.1.1.1", "9.9.9.9", "1.1.1.1"),
            ("10.0.0.0/8", "1.1.1.1", "9.9.9.9", "1.1.1.1"),
            ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.0/8,192.168.1.1", "10.0.0.1", "6.6.6.6, 9.9.9.9, 192.168.1.1", "9.9.9.9"),
            ("10.0.0.0/8", "10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
            ("10.0.0.1", "10.0.0.1", "9.9.9.9, <script>", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1", "9.9.9.9:80", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.1", "fe80::1%eth0", "10.0.0.1"),
            ("::1", "::1", "2001:DB8::1", "2001:db8::1"),
            ("10.0.0.1", "::ffff:10.0.0.1", "::ffff:9.9.9.9", "9.9.9.9"),
        ] {
            let found = Proxies::read(trusted).unwrap().client(peer.parse().unwrap(), forwarded.as_bytes());
            assert_eq!(found, client.parse::<IpAddr>().unwrap(), "{trusted} {forwarded}");
        }
    }

    #[test]
    fn a_proxy_that_is_no_address_is_named() {
        assert!(Proxies::read("proxy.example").err().unwrap().contains("'proxy.example'"));
    }

    #[test]
    fn a_customer_has_one_ipv4_address_or_a_network_of_ipv6() {
        let network = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!([network("9.9.9.9"), network("2001:db8::ffff:1")], ["9.9.9.9", "2001:db8::"]);
    }
}
