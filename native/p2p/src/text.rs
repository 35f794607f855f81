// SPDX-License-Identifier: MIT OR Apache-2.0
//! Peers, addresses and networks as C++ writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, StreamProtocol};
use venus_guard::Kind;

use crate::border::{error, Result};

/// More addresses of one peer are not kept: identify alone lets it name some hundred.
pub const MAX_ADDRESSES: usize = 32;

pub fn peer(bytes: &[u8]) -> Result<PeerId> {
    PeerId::from_bytes(bytes).map_err(|e| error(Kind::InvalidArgument, format!("peer: {e}")))
}

/// An address without the peer it ends with; one that names another peer is refused.
pub fn address_of(text: &str, peer: &PeerId) -> Result<Multiaddr> {
    let mut address = address(text)?;
    if let Some(Protocol::P2p(named)) = address.iter().last() {
        if named != *peer {
            return Err(error(
                Kind::InvalidArgument,
                format!("address {text} is not one of {peer}"),
            ));
        }
        address.pop();
    }
    Ok(address)
}

pub fn address(text: &str) -> Result<Multiaddr> {
    text.parse()
        .map_err(|e| error(Kind::InvalidArgument, format!("address {text}: {e}")))
}

pub fn protocol(text: &str) -> Result<StreamProtocol> {
    StreamProtocol::try_from_owned(text.to_owned())
        .map_err(|_| error(Kind::InvalidArgument, format!("protocol name \"{text}\"")))
}

/// The address without the peer's identity at its end.
pub fn plain(address: &Multiaddr) -> Multiaddr {
    let mut address = address.clone();
    if matches!(address.iter().last(), Some(Protocol::P2p(_))) {
        address.pop();
    }
    address
}

pub fn texts<'a>(addresses: impl IntoIterator<Item = &'a Multiaddr>) -> Vec<String> {
    addresses
        .into_iter()
        .take(MAX_ADDRESSES)
        .map(|a| plain(a).to_string())
        .collect()
}

/// The IP address a multiaddr begins with; an IPv4 address written as IPv6 counts as IPv4.
pub fn ip(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip).to_canonical()),
        _ => None,
    })
}

/// The socket of "/ip4/…/tcp/…" and its like.
pub fn tcp_socket(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// A block of addresses: those that agree with `base` in the first `bits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// "10.0.0.0/8", "2001:db8::/32"; an address alone is a block of one.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || error(Kind::InvalidArgument, format!("network \"{text}\""));
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| bad())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            // parse() would also take "+8".
            Some(bits) if bits.bytes().all(|c| c.is_ascii_digit()) => {
                bits.parse().map_err(|_| bad())?
            }
            Some(_) => return Err(bad()),
        };
        if bits > width {
            return Err(bad());
        }
        // ::ffff:a.b.c.d/96+n is the IPv4 block a.b.c.d/n.
        Ok(match (base, base.to_canonical()) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if bits >= 96 => Network {
                base: v4,
                bits: bits - 96,
            },
            _ => Network { base, bits },
        })
    }

    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(v4(a), v4(b), 32, self.bits),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(v6(a), v6(b), 128, self.bits),
            _ => false,
        }
    }
}

fn v4(ip: Ipv4Addr) -> u128 {
    u128::from(u32::from(ip))
}

fn v6(ip: Ipv6Addr) -> u128 {
    u128::from(ip)
}

fn same(a: u128, b: u128, width: u8, bits: u8) -> bool {
    (a ^ b)
        .checked_shr(u32::from(width - bits))
        .is_none_or(|rest| rest == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, ip: &str) -> bool {
        Network::parse(network)
            .unwrap()
            .contains(ip.parse().unwrap())
    }

    #[test]
    fn networks_hold_their_addresses() {
        assert!(holds("10.0.0.0/8", "10.255.1.2"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("0.0.0.0/0", "1.2.3.4"));
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.9"));
        assert!(holds("::ffff:192.0.2.0/120", "192.0.2.9"));
    }

    #[test]
    fn broken_networks_are_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "a/8",
            "1.2.3.4/8/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }
}
