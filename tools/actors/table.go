// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// row is one line of networks/actors.tsv.
type row struct {
	version  uint64 // actors version, not network version
	network  string // bundle name as Lotus spells it, e.g. "calibrationnet"
	manifest string // CID of the manifest, the root of the CAR
}

func (r row) fileName() string { return fmt.Sprintf("v%d-%s.car", r.version, r.network) }

// parseTable reads tab-separated rows; empty lines and lines that begin with
// '#' are skipped. A name is a path component, so only a-z, 0-9 and '-' pass.
func parseTable(r io.Reader) ([]row, error) {
	var rows []row
	seen := map[string]bool{}
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		line := scanner.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d: %d columns, expected 3", number, len(fields))
		}
		version, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: bad actors version %q", number, fields[0])
		}
		if fields[1] == "" || strings.Trim(fields[1], "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return nil, fmt.Errorf("line %d: bad network name %q", number, fields[1])
		}
		entry := row{version, fields[1], fields[2]}
		if seen[entry.fileName()] {
			return nil, fmt.Errorf("line %d: %s twice", number, entry.fileName())
		}
		seen[entry.fileName()] = true
		rows = append(rows, entry)
	}
	return rows, scanner.Err()
}
