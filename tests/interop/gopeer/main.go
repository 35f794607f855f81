// SPDX-License-Identifier: MIT OR Apache-2.0

// Command gopeer is a Filecoin peer over a recorded chain, made of the network libraries that Lotus is
// made of, for tests that show that Venus speaks with them. It is told what to do on standard input, one
// JSON object a line, {"id": 1, "do": "connect", "address": "..."}, and answers each on standard output
// with {"id": 1, "ok": ...} or {"id": 1, "error": "..."}. Its first line says where it listens.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
)

func main() {
	s := settings{}
	car := flag.String("car", "", "CAR file of the recorded chain")
	listen := flag.String("listen", "/ip4/127.0.0.1/tcp/0,/ip4/127.0.0.1/udp/0/quic-v1", "addresses, parted by commas")
	flag.StringVar(&s.network, "network", "", "network name, as in the names of its topics")
	flag.StringVar(&s.seed, "seed", "", "makes the same identity each time")
	flag.Int64Var(&s.head, "head", math.MaxInt64, "highest epoch to announce")
	flag.BoolVar(&s.serve, "serve", true, "give the recording's blocks by bitswap")
	flag.Parse()
	if *car == "" || s.network == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	s.listen = strings.Split(*listen, ",")
	if err := run(*car, s); err != nil {
		fmt.Fprintln(os.Stderr, "gopeer:", err)
		os.Exit(1)
	}
}

func run(car string, s settings) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c, err := loadChain(car)
	if err != nil {
		return err
	}
	n, err := newNode(ctx, c, s)
	if err != nil {
		return err
	}
	defer n.host.Close()
	out, lock := json.NewEncoder(os.Stdout), sync.Mutex{}
	answer := func(line map[string]any) {
		lock.Lock()
		defer lock.Unlock()
		_ = out.Encode(line)
	}
	answer(map[string]any{"peer": n.host.ID().String(), "addresses": n.addresses(), "tipsets": len(c.tipsets)})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		command := command{}
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			return err
		}
		go func() {
			result, err := command.run(ctx, n)
			if err != nil {
				answer(map[string]any{"id": command.Id, "error": err.Error()})
			} else {
				answer(map[string]any{"id": command.Id, "ok": result})
			}
		}()
	}
	return lines.Err()
}
