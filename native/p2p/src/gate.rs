// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who is refused: a list of peers and networks, and the transport that never dials into them.

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::task::{Context, Poll};

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{Boxed, DialOpts, ListenerId, TransportError, TransportEvent};
use libp2p::{Multiaddr, PeerId, Transport};

use crate::border::Result;
use crate::text::{self, Network};

#[derive(Default)]
struct Lists {
    peers: HashSet<PeerId>,
    networks: Vec<Network>,
}

/// Shared by the border, which sets it, and the swarm, which asks it.
#[derive(Clone, Default)]
pub struct Bans(Arc<RwLock<Lists>>);

impl Bans {
    /// Replaces the lists; all or nothing.
    pub fn set(&self, peers: Vec<PeerId>, networks: &[String]) -> Result<()> {
        let networks = networks.iter().map(|text| Network::parse(text));
        let lists = Lists {
            networks: networks.collect::<Result<_>>()?,
            peers: peers.into_iter().collect(),
        };
        *self.0.write().unwrap_or_else(|e| e.into_inner()) = lists;
        Ok(())
    }

    pub fn peer(&self, peer: &PeerId) -> bool {
        self.lists(|lists| lists.peers.contains(peer))
    }

    pub fn ip(&self, ip: IpAddr) -> bool {
        self.lists(|lists| lists.networks.iter().any(|network| network.contains(ip)))
    }

    pub fn address(&self, address: &Multiaddr) -> bool {
        text::ip(address).is_some_and(|ip| self.ip(ip))
    }

    fn lists<T>(&self, ask: impl FnOnce(&Lists) -> T) -> T {
        ask(&self.0.read().unwrap_or_else(|e| e.into_inner()))
    }
}

/// The sockets below name resolution: a name that leads into a banned network is not dialled either.
pub struct Gate {
    pub inner: Boxed<(PeerId, StreamMuxerBox)>,
    pub bans: Bans,
}

type Inner = Boxed<(PeerId, StreamMuxerBox)>;

impl Transport for Gate {
    type Output = (PeerId, StreamMuxerBox);
    type Error = io::Error;
    type ListenerUpgrade = <Inner as Transport>::ListenerUpgrade;
    type Dial = <Inner as Transport>::Dial;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> std::result::Result<(), TransportError<io::Error>> {
        self.inner.listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        options: DialOpts,
    ) -> std::result::Result<Self::Dial, TransportError<io::Error>> {
        if self.bans.address(&address) {
            let refused = io::Error::new(io::ErrorKind::PermissionDenied, "network is banned");
            return Err(TransportError::Other(refused));
        }
        self.inner.dial(address, options)
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}
