// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestTableIsReadAndBadRowsAreRefused(t *testing.T) {
	rows, err := parseTable(strings.NewReader("# note\n\n18\tdevnet\tbafyA\n19\tdevnet\tbafyB\n"))
	if err != nil || len(rows) != 2 || rows[0].fileName() != "v18-devnet.car" || rows[1].manifest != "bafyB" {
		t.Fatalf("got %v, %v", rows, err)
	}
	for _, bad := range []string{"18\tdevnet", "x\tdevnet\tbafy", "18\t../up\tbafy", "18\t\tbafy", "18\ta\tb\n18\ta\tb"} {
		if rows, err := parseTable(strings.NewReader(bad)); err == nil {
			t.Errorf("%q gave %v", bad, rows)
		}
	}
}

func TestBundleWithAnotherRootOrBrokenBytesIsRefused(t *testing.T) {
	for name, bundle := range map[string][]byte{"empty": {}, "text": []byte("not a car at all")} {
		if verify(bundle, "bafy") == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
