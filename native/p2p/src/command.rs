// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the border asks of the swarm's task.

use libp2p::{Multiaddr, PeerId};
use tokio::sync::oneshot;

use crate::border::{Done, Result};

pub enum Command {
    Connect {
        peer: PeerId,
        addresses: Vec<Multiaddr>,
        reply: oneshot::Sender<Result<()>>,
    },
    Disconnect(PeerId),
    FindPeer {
        peer: PeerId,
        reply: oneshot::Sender<Result<Vec<String>>>,
    },
    AddAddresses(PeerId, Vec<Multiaddr>),
    Walk,
    SetAppScore(PeerId, f64),
    Publish {
        topic: String,
        data: Vec<u8>,
        done: Done,
    },
    Scores(Done),
    TopicPeers(String, Done),
}
