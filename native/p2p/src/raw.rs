// SPDX-License-Identifier: MIT OR Apache-2.0
//! The behaviour for raw streams, and with them the bans. (libp2p-stream would drop inbound streams that come in a burst, tries one
//! protocol at a time, and keeps a channel of every connection there ever was.)

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::future::{ready, Ready};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{InboundUpgrade, OutboundUpgrade, UpgradeInfo};
use libp2p::core::Endpoint;
use libp2p::swarm::behaviour::{
    ConnectionClosed, ConnectionEstablished, DialFailure, ListenFailure,
};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    CloseConnection, ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId,
    FromSwarm, NetworkBehaviour, StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent,
    THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol};
use tokio::sync::{mpsc, oneshot};
use venus_guard::Kind;

use crate::border::{error, unavailable, Result};
use crate::gate::Bans;
use crate::stream::Inbound;

/// Streams asked of one connection that it has not begun to negotiate.
const MAX_OPENS: usize = 64;

type Opened = Result<(Stream, StreamProtocol)>;

struct Open {
    protocols: Vec<StreamProtocol>,
    timeout: Duration,
    reply: oneshot::Sender<Opened>,
}

struct Line {
    peer: PeerId,
    opens: mpsc::Sender<Open>,
    established: bool,
    address: Multiaddr,
}

/// Asks connections for streams, from any thread.
#[derive(Clone, Default)]
pub struct Opener(Arc<Mutex<HashMap<ConnectionId, Line>>>);

impl Opener {
    fn lines(&self) -> MutexGuard<'_, HashMap<ConnectionId, Line>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Negotiates the first of the protocols that the peer speaks.
    pub async fn open(
        &self,
        peer: PeerId,
        protocols: Vec<StreamProtocol>,
        timeout: Duration,
    ) -> Opened {
        let (reply, answer) = oneshot::channel();
        let opens = {
            let lines = self.lines();
            let line = lines
                .values()
                .find(|line| line.peer == peer && line.established);
            line.map(|line| line.opens.clone())
        };
        let opens = opens.ok_or_else(|| unavailable(format!("not connected to {peer}")))?;
        opens
            .try_send(Open {
                protocols,
                timeout,
                reply,
            })
            .map_err(|_| unavailable(format!("too many streams are being opened with {peer}")))?;
        match tokio::time::timeout(timeout, answer).await {
            Err(_) => Err(error(Kind::Timeout, format!("{peer} does not negotiate"))),
            Ok(Err(_)) => Err(unavailable(format!("connection with {peer} closed"))),
            Ok(Ok(opened)) => opened,
        }
    }
}

pub struct Behaviour {
    accept: Arc<[StreamProtocol]>,
    inbound: Inbound,
    opener: Opener,
    bans: Bans,
    closing: VecDeque<(PeerId, ConnectionId)>,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Banned;

impl std::fmt::Display for Banned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("banned")
    }
}

impl std::error::Error for Banned {}

impl Behaviour {
    pub fn new(accept: Vec<StreamProtocol>, inbound: Inbound, opener: Opener, bans: Bans) -> Self {
        Behaviour {
            accept: accept.into(),
            inbound,
            opener,
            bans,
            closing: VecDeque::new(),
            waker: None,
        }
    }

    /// Closes what the bans now refuse.
    pub fn enforce(&mut self) {
        let lines = self.opener.lines();
        let refused = lines.iter().filter(|(_, line)| {
            line.established && (self.bans.peer(&line.peer) || self.bans.address(&line.address))
        });
        self.closing
            .extend(refused.map(|(id, line)| (line.peer, *id)));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn admit(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        remote: &Multiaddr,
    ) -> std::result::Result<Handler, ConnectionDenied> {
        if self.bans.peer(&peer) || self.bans.address(remote) {
            return Err(ConnectionDenied::new(Banned));
        }
        let (opens, receiver) = mpsc::channel(MAX_OPENS);
        let line = Line {
            peer,
            opens,
            established: false,
            address: remote.clone(),
        };
        self.opener.lines().insert(id, line);
        Ok(Handler {
            peer,
            accept: self.accept.clone(),
            inbound: self.inbound.clone(),
            opens: receiver,
        })
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> std::result::Result<(), ConnectionDenied> {
        match self.bans.address(remote) {
            true => Err(ConnectionDenied::new(Banned)),
            false => Ok(()),
        }
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> std::result::Result<Vec<Multiaddr>, ConnectionDenied> {
        match peer.is_some_and(|peer| self.bans.peer(&peer)) {
            true => Err(ConnectionDenied::new(Banned)),
            false => Ok(Vec::new()),
        }
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> std::result::Result<THandler<Self>, ConnectionDenied> {
        self.admit(id, peer, remote)
    }

    fn handle_established_outbound_connection(
        &mut self,
        id: ConnectionId,
        peer: PeerId,
        remote: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> std::result::Result<THandler<Self>, ConnectionDenied> {
        self.admit(id, peer, remote)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionEstablished(ConnectionEstablished { connection_id, .. }) => {
                if let Some(line) = self.opener.lines().get_mut(&connection_id) {
                    line.established = true;
                }
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. })
            | FromSwarm::DialFailure(DialFailure { connection_id, .. })
            | FromSwarm::ListenFailure(ListenFailure { connection_id, .. }) => {
                self.opener.lines().remove(&connection_id);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, id)) = self.closing.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection {
                peer_id,
                connection: CloseConnection::One(id),
            });
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Protocols to choose from; what comes of it is the stream and the protocol chosen.
pub struct Choice(Arc<[StreamProtocol]>);

impl UpgradeInfo for Choice {
    type Info = StreamProtocol;
    type InfoIter = std::vec::IntoIter<StreamProtocol>;

    fn protocol_info(&self) -> Self::InfoIter {
        self.0.to_vec().into_iter()
    }
}

impl InboundUpgrade<Stream> for Choice {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}

impl OutboundUpgrade<Stream> for Choice {
    type Output = (Stream, StreamProtocol);
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, protocol: StreamProtocol) -> Self::Future {
        ready(Ok((stream, protocol)))
    }
}

pub struct Handler {
    peer: PeerId,
    accept: Arc<[StreamProtocol]>,
    inbound: Inbound,
    opens: mpsc::Receiver<Open>,
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Infallible;
    type InboundProtocol = Choice;
    type OutboundProtocol = Choice;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = oneshot::Sender<Opened>;

    fn listen_protocol(&self) -> SubstreamProtocol<Choice> {
        SubstreamProtocol::new(Choice(self.accept.clone()), ())
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<Choice, oneshot::Sender<Opened>, Infallible>> {
        while let Poll::Ready(Some(open)) = self.opens.poll_recv(cx) {
            if open.reply.is_closed() {
                continue;
            }
            let choice = Choice(open.protocols.into());
            let protocol = SubstreamProtocol::new(choice, open.reply).with_timeout(open.timeout);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<Choice, Choice, (), oneshot::Sender<Opened>>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol: (stream, protocol),
                ..
            }) => self.inbound.offer(self.peer, protocol, stream),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol,
                info,
            }) => {
                let _ = info.send(Ok(protocol));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error: why }) => {
                let _ = info.send(Err(match why {
                    StreamUpgradeError::Timeout => {
                        error(Kind::Timeout, format!("{} does not negotiate", self.peer))
                    }
                    StreamUpgradeError::NegotiationFailed => error(
                        Kind::Unsupported,
                        format!("{} speaks none of the protocols", self.peer),
                    ),
                    StreamUpgradeError::Io(why) => unavailable(format!("{}: {why}", self.peer)),
                    StreamUpgradeError::Apply(never) => match never {},
                }));
            }
            _ => {}
        }
    }
}
