// SPDX-License-Identifier: MIT OR Apache-2.0
//! The host as C++ holds it: its threads, and what it asks of the swarm's task.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cxx::{SharedPtr, UniquePtr};
use futures::FutureExt;
use libp2p::gossipsub::MessageAcceptance;
use libp2p::identity::Keypair;
use libp2p::{Multiaddr, PeerId};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot, watch, Notify};
use venus_guard::{guard, Kind};

use crate::behaviour;
use crate::border::{error, unavailable, Done, Result, Sink};
use crate::command::Command;
use crate::ffi::{P2pBandwidthOut, P2pConfig, P2pDone, P2pNews, P2pSink};
use crate::gate::Bans;
use crate::gossip::Judge;
use crate::meter::Meter;
use crate::outbox::Outbox;
use crate::raw::{self, Opener};
use crate::repeats::Repeats;
use crate::scores::Scores;
use crate::stream::{Inbound, P2pRawStream, Work};
use crate::swarm::{Node, Shared};
use crate::text;

/// The swarm's task and the connections' share them.
const THREADS: usize = 2;
/// Commands that wait for the swarm's task; more are refused.
const MAX_COMMANDS: usize = 4096;
/// Streams being opened at once; more are refused.
const MAX_OPENING: usize = 4096;
/// How long the threads may take to end.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

pub struct P2pNode {
    peer: PeerId,
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    opener: Opener,
    opening: Arc<tokio::sync::Semaphore>,
    bans: Bans,
    work: Work,
    stopping: watch::Sender<bool>,
    runtime: Mutex<Option<Runtime>>,
    stopped: AtomicBool,
}

fn keypair(seed: &[u8; 32]) -> Result<Keypair> {
    let mut seed = *seed;
    // The library wipes what it is given.
    Keypair::ed25519_from_bytes(&mut seed[..])
        .map_err(|e| error(Kind::InvalidArgument, format!("identity: {e}")))
}

pub fn p2p_peer_id(seed: &[u8; 32]) -> Result<Vec<u8>> {
    guard(|| Ok(keypair(seed)?.public().to_peer_id().to_bytes()))
}

pub fn p2p_start(mut config: P2pConfig, sink: SharedPtr<P2pSink>) -> Result<Box<P2pNode>> {
    guard(|| {
        let key = keypair(&config.identity);
        config.identity.fill(0);
        P2pNode::start(config, key?, Sink::new(sink)?)
    })
}

impl P2pNode {
    fn start(config: P2pConfig, key: Keypair, sink: Sink) -> anyhow::Result<Box<Self>> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("p2p")
            .enable_all()
            .build()
            .map_err(|e| error(Kind::Io, format!("threads: {e}")))?;
        let _entered = runtime.enter();
        let limits = &config.limits;
        let kad_protocol = match config.kad_protocol.is_empty() {
            true => None,
            false => Some(text::protocol(&config.kad_protocol)?),
        };
        let counted = config.protocols.iter().cloned();
        let counted = counted.chain(kad_protocol.as_ref().map(ToString::to_string));
        let gossip = &config.gossip;
        let repeats = Arc::new(Repeats::new(
            Duration::from_millis(gossip.seen_for_ms),
            gossip.max_message as usize,
        ));
        let shared = Arc::new(Shared {
            outbox: Outbox::new(sink.clone()),
            judge: Judge::new(limits.gossip_queue, limits.gossip_queue_bytes),
            meter: Arc::new(Meter::new(counted, repeats.clone())),
            repeats,
            bans_changed: AtomicBool::new(false),
            attention: Notify::new(),
            stop: Notify::new(),
        });
        let stopping = watch::Sender::new(false);
        let work = Work {
            runtime: runtime.handle().clone(),
            stop: stopping.subscribe(),
        };
        let inbound = Inbound::new(
            sink,
            work.clone(),
            limits.streams_of_peer,
            limits.inbound_streams,
        );
        let accept = config.protocols.iter().map(|name| text::protocol(name));
        let (opener, bans) = (Opener::default(), Bans::default());
        let accept = accept.collect::<Result<Vec<_>>>()?;
        let raw = raw::Behaviour::new(accept, inbound, opener.clone(), bans.clone());
        let mut swarm = behaviour::build(&config, &key, raw, bans.clone(), shared.meter.clone())?;
        behaviour::listen(&mut swarm, &config)?;
        let scores = Scores::new(
            &config.topics,
            Duration::from_millis(config.gossip.decay_interval_ms),
            config.gossip.decay_to_zero,
        );
        let topics = config
            .topics
            .iter()
            .map(|topic| topic.name.clone())
            .collect();
        let max_gossip = config.gossip.max_message as usize;
        let node = Node::new(
            swarm,
            shared.clone(),
            topics,
            kad_protocol,
            max_gossip,
            scores,
        );
        let (commands, receiver) = mpsc::channel(MAX_COMMANDS);
        let guarded = shared.clone();
        runtime.spawn(async move {
            if let Err(panic) = AssertUnwindSafe(node.run(receiver)).catch_unwind().await {
                let text = venus_guard::panic_text(panic.as_ref());
                guarded
                    .outbox
                    .fail(Kind::Internal, &format!("the libp2p host died: {text}"));
            }
        });
        drop(_entered);
        Ok(Box::new(P2pNode {
            peer: key.public().to_peer_id(),
            shared,
            commands,
            opener,
            opening: Arc::new(tokio::sync::Semaphore::new(MAX_OPENING)),
            bans,
            work,
            stopping,
            runtime: Mutex::new(Some(runtime)),
            stopped: AtomicBool::new(false),
        }))
    }

    pub fn id(&self) -> Vec<u8> {
        self.peer.to_bytes()
    }

    pub fn take_news(&self, max: usize) -> Result<Vec<P2pNews>> {
        self.shared.outbox.take(max)
    }

    /// Gives the command to the swarm's task, or says why not.
    fn send(&self, command: Command) -> Result<()> {
        if let Some(failure) = self.shared.outbox.failure() {
            return Err(failure);
        }
        self.commands
            .try_send(command)
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => unavailable("too many commands wait"),
                mpsc::error::TrySendError::Closed(_) => {
                    error(Kind::Cancelled, "the libp2p host has stopped")
                }
            })
    }

    /// Answers `done` with what arrives in time.
    fn answer<T, F>(&self, done: Done, timeout_ms: u64, answer: F, tell: fn(Done, Result<T>))
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.work.runtime.spawn(async move {
            let limit = Duration::from_millis(timeout_ms);
            let result = match tokio::time::timeout(limit, answer).await {
                Ok(result) => result,
                Err(_) => Err(error(Kind::Timeout, "no answer in time")),
            };
            tell(done, result);
        });
    }

    pub fn connect(
        &self,
        peer: &[u8],
        addresses: Vec<String>,
        timeout_ms: u64,
        done: UniquePtr<P2pDone>,
    ) {
        let done = Done::new(done);
        let (reply, answer) = oneshot::channel();
        let sent = addresses_of(peer, &addresses).and_then(|(peer, addresses)| {
            self.send(Command::Connect {
                peer,
                addresses,
                reply,
            })
        });
        match sent {
            Err(why) => done.unit(Err(why)),
            Ok(()) => self.answer(done, timeout_ms, received(answer), Done::unit),
        }
    }

    pub fn disconnect(&self, peer: &[u8]) {
        if let Ok(peer) = text::peer(peer) {
            let _ = self.send(Command::Disconnect(peer));
        }
    }

    pub fn open_stream(
        &self,
        peer: &[u8],
        protocols: Vec<String>,
        timeout_ms: u64,
        done: UniquePtr<P2pDone>,
    ) {
        let done = Done::new(done);
        let names = protocols.iter().map(|name| text::protocol(name));
        let asked = names.collect::<Result<Vec<_>>>();
        let asked = text::peer(peer).and_then(|peer| Ok((peer, asked?)));
        let place = self.opening.clone().try_acquire_owned();
        let (asked, place) = match (asked, place) {
            (Ok(asked), Ok(place)) => (asked, place),
            (Err(why), _) => return done.unit(Err(why)),
            (_, Err(_)) => return done.unit(Err(unavailable("too many streams are being opened"))),
        };
        let (peer, protocols) = asked;
        let (opener, work) = (self.opener.clone(), self.work.clone());
        self.work.runtime.spawn(async move {
            let limit = Duration::from_millis(timeout_ms);
            let opening = opener.open(peer, protocols, limit);
            let opened = work.clone().until_stop(opening).await;
            drop(place);
            match opened {
                Err(why) => done.unit(Err(why)),
                Ok((stream, protocol)) => {
                    done.opened(P2pRawStream::outbound(peer, protocol, stream, work))
                }
            }
        });
    }

    pub fn find_peer(&self, peer: &[u8], timeout_ms: u64, done: UniquePtr<P2pDone>) {
        let done = Done::new(done);
        let (reply, answer) = oneshot::channel();
        let sent = text::peer(peer).and_then(|peer| self.send(Command::FindPeer { peer, reply }));
        match sent {
            Err(why) => done.unit(Err(why)),
            Ok(()) => self.answer(done, timeout_ms, received(answer), Done::texts),
        }
    }

    pub fn add_addresses(&self, peer: &[u8], addresses: Vec<String>) {
        let Ok(peer) = text::peer(peer) else { return };
        let addresses = addresses.iter().take(text::MAX_ADDRESSES);
        let good = addresses.filter_map(|address| text::address_of(address, &peer).ok());
        let _ = self.send(Command::AddAddresses(peer, good.collect()));
    }

    pub fn walk_dht(&self) {
        let _ = self.send(Command::Walk);
    }

    /// The peers' multihashes one after another, each after its length in one byte.
    pub fn set_banned(&self, peers: Vec<u8>, networks: Vec<String>) -> Result<()> {
        let mut list = Vec::new();
        let mut rest = &peers[..];
        while let [length, after @ ..] = rest {
            let length = usize::from(*length).min(after.len());
            let (one, after) = after.split_at(length);
            list.push(text::peer(one)?);
            rest = after;
        }
        self.bans.set(list, &networks)?;
        self.shared.bans_changed.store(true, Relaxed);
        self.shared.attention.notify_one();
        Ok(())
    }

    pub fn set_app_score(&self, peer: &[u8], score: f64) {
        if let (Ok(peer), true) = (text::peer(peer), score.is_finite()) {
            let _ = self.send(Command::SetAppScore(peer, score));
        }
    }

    pub fn publish(&self, topic: &str, data: &[u8], done: UniquePtr<P2pDone>) {
        self.ask(done, |done| Command::Publish {
            topic: topic.to_owned(),
            data: data.to_vec(),
            done,
        });
    }

    pub fn report(&self, token: u64, verdict: u8) {
        let verdict = match verdict {
            0 => MessageAcceptance::Accept,
            1 => MessageAcceptance::Ignore,
            _ => MessageAcceptance::Reject,
        };
        if self.shared.judge.report(token, verdict) {
            self.shared.attention.notify_one();
        }
    }

    pub fn scores(&self, done: UniquePtr<P2pDone>) {
        self.ask(done, Command::Scores);
    }

    pub fn topic_peers(&self, topic: &str, done: UniquePtr<P2pDone>) {
        self.ask(done, |done| Command::TopicPeers(topic.to_owned(), done));
    }

    fn ask(&self, done: UniquePtr<P2pDone>, command: impl FnOnce(Done) -> Command) {
        let done = Done::new(done);
        if let Some(failure) = self.shared.outbox.failure() {
            return done.unit(Err(failure));
        }
        match self.commands.try_reserve() {
            Ok(place) => place.send(command(done)),
            Err(mpsc::error::TrySendError::Full(())) => {
                done.unit(Err(unavailable("too many commands wait")))
            }
            // Dropped, it says so.
            Err(mpsc::error::TrySendError::Closed(())) => drop(done),
        }
    }

    pub fn bandwidth(&self) -> P2pBandwidthOut {
        self.shared.meter.bandwidth()
    }

    pub fn ignored_gossip(&self) -> u64 {
        self.shared.judge.ignored()
    }

    pub fn stop(&self) {
        if self.stopped.swap(true, Relaxed) {
            return;
        }
        // What waits ends with that, and not with connections that close.
        self.stopping.send_replace(true);
        self.shared.stop.notify_one();
        let runtime = self
            .runtime
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .take();
        if let Some(runtime) = runtime {
            // The swarm's task drops its receiver when it has said good-bye.
            let commands = self.commands.clone();
            let farewell = async move { commands.closed().await };
            let _ = runtime.block_on(async { tokio::time::timeout(STOP_TIMEOUT, farewell).await });
            runtime.shutdown_timeout(STOP_TIMEOUT);
        }
        self.shared
            .outbox
            .fail(Kind::Cancelled, "the libp2p host has stopped");
    }
}

impl Drop for P2pNode {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn received<T>(answer: oneshot::Receiver<Result<T>>) -> Result<T> {
    let gone = |_| Err(error(Kind::Cancelled, "the libp2p host has stopped"));
    answer.await.unwrap_or_else(gone)
}

fn addresses_of(peer: &[u8], addresses: &[String]) -> Result<(PeerId, Vec<Multiaddr>)> {
    let peer = text::peer(peer)?;
    let addresses = addresses.iter().take(text::MAX_ADDRESSES);
    let parsed = addresses.map(|address| text::address_of(address, &peer));
    Ok((peer, parsed.collect::<Result<_>>()?))
}
