// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/crypto/blake2b"
)

// The overlay and scores of a Lotus node that is no bootstrapper (Lotus node/modules/lp2p/pubsub.go).
func init() {
	pubsub.GossipSubD = 8
	pubsub.GossipSubDscore = 6
	pubsub.GossipSubDout = 3
	pubsub.GossipSubDlo = 6
	pubsub.GossipSubDhi = 12
	pubsub.GossipSubDlazy = 12
	pubsub.GossipSubDirectConnectInitialDelay = 30 * time.Second
	pubsub.GossipSubIWantFollowupTime = 5 * time.Second
	pubsub.GossipSubHistoryLength = 10
	pubsub.GossipSubGossipFactor = 0.1
}

func blocksTopic(network string) string   { return "/fil/blocks/" + network }
func messagesTopic(network string) string { return "/fil/msgs/" + network }

func contentId(m *pb.Message) string {
	hash := blake2b.Sum256(m.Data)
	return string(hash[:])
}

func topicScore(first float64, decay time.Duration, meshWeight float64) *pubsub.TopicScoreParams {
	return &pubsub.TopicScoreParams{
		TopicWeight:      0.1,
		TimeInMeshWeight: meshWeight, TimeInMeshQuantum: time.Second, TimeInMeshCap: 1,
		FirstMessageDeliveriesWeight:   first,
		FirstMessageDeliveriesDecay:    pubsub.ScoreParameterDecay(decay),
		FirstMessageDeliveriesCap:      100,
		InvalidMessageDeliveriesWeight: -1000,
		InvalidMessageDeliveriesDecay:  pubsub.ScoreParameterDecay(time.Hour),
	}
}

func newGossip(ctx context.Context, h host.Host, network string, scores func(map[peer.ID]float64)) (*pubsub.PubSub, error) {
	blocks, messages := blocksTopic(network), messagesTopic(network)
	params := &pubsub.PeerScoreParams{
		AppSpecificScore:  func(peer.ID) float64 { return 0 },
		AppSpecificWeight: 1,
		// Lotus has a threshold of 5 peers of one address; a test's peers all live on loopback.
		IPColocationFactorThreshold: 100,
		IPColocationFactorWeight:    -100,
		BehaviourPenaltyThreshold:   6,
		BehaviourPenaltyWeight:      -10,
		BehaviourPenaltyDecay:       pubsub.ScoreParameterDecay(time.Hour),
		DecayInterval:               pubsub.DefaultDecayInterval,
		DecayToZero:                 pubsub.DefaultDecayToZero,
		RetainScore:                 6 * time.Hour,
		Topics: map[string]*pubsub.TopicScoreParams{
			blocks:   topicScore(5, time.Hour, 0.00027),
			messages: topicScore(0.5, 10*time.Minute, 0.0002778),
		},
	}
	thresholds := &pubsub.PeerScoreThresholds{
		GossipThreshold: -500, PublishThreshold: -1000, GraylistThreshold: -2500,
		AcceptPXThreshold: 1000, OpportunisticGraftThreshold: 3.5,
	}
	gater := pubsub.NewPeerGaterParams(0.33, pubsub.ScoreParameterDecay(2*time.Minute), pubsub.ScoreParameterDecay(time.Hour)).
		WithTopicDeliveryWeights(map[string]float64{blocks: 10, messages: 1})
	allowed := pubsub.WrapLimitSubscriptionFilter(pubsub.NewAllowlistSubscriptionFilter(blocks, messages), 100)
	return pubsub.NewGossipSub(ctx, h,
		pubsub.WithFloodPublish(true),
		pubsub.WithMessageIdFn(contentId),
		pubsub.WithValidateQueueSize(256),
		pubsub.WithPeerScore(params, thresholds),
		pubsub.WithPeerGater(gater),
		pubsub.WithSubscriptionFilter(allowed),
		pubsub.WithPeerScoreInspect(scores, time.Second))
}

type heardMessage struct {
	From string `json:"from"` // the peer that passed it on
	Cid  string `json:"cid"`  // of the whole as one DAG-CBOR block
	Size int    `json:"size"`
	data []byte
}

// join subscribes to a topic and keeps what arrives from others.
func (n *node) join(ctx context.Context, name string) error {
	topic, err := n.gossip.Join(name)
	if err != nil {
		return err
	}
	subscription, err := topic.Subscribe()
	if err != nil {
		return err
	}
	n.topics[name] = topic
	go func() {
		for {
			message, err := subscription.Next(ctx)
			if err != nil {
				return
			}
			if message.ReceivedFrom == n.host.ID() {
				continue
			}
			n.mutex.Lock()
			n.heard[name] = append(n.heard[name], heardMessage{
				From: message.ReceivedFrom.String(), Cid: chainCid(message.Data).String(),
				Size: len(message.Data), data: message.Data,
			})
			n.mutex.Unlock()
		}
	}()
	return nil
}

// publish waits until someone else is subscribed, in our mesh or not: a message nobody hears proves nothing.
func (n *node) publish(ctx context.Context, name string, data []byte) error {
	topic, known := n.topics[name]
	if !known {
		return fmt.Errorf("no topic %s", name)
	}
	for len(topic.ListPeers()) == 0 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("nobody is subscribed to %s", name)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return topic.Publish(ctx, data)
}
