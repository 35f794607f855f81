// SPDX-License-Identifier: MIT OR Apache-2.0

// Command actors writes the official built-in actor bundles that the Lotus
// module embeds as CAR files: <out>/v<version>-<network>.car. Which bundles,
// and the manifest CID each must have, is said by networks/actors.tsv; a
// bundle that does not match is refused and nothing is written for it.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/filecoin-project/go-state-types/actors"
	"github.com/filecoin-project/lotus/build"
	"github.com/ipld/go-car"
)

func main() {
	out := flag.String("out", "", "folder for the CAR files (made when missing)")
	table := flag.String("table", "", "table of manifest CIDs (networks/actors.tsv)")
	flag.Parse()
	if *out == "" || *table == "" || flag.NArg() != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out, *table); err != nil {
		fmt.Fprintln(os.Stderr, "actors:", err)
		os.Exit(1)
	}
}

func run(out, tablePath string) error {
	file, err := os.Open(tablePath)
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := parseTable(file)
	if err != nil {
		return fmt.Errorf("%s: %w", tablePath, err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, row := range rows {
		bundle, ok := build.GetEmbeddedBuiltinActorsBundle(actors.Version(row.version), row.network)
		if !ok {
			return fmt.Errorf("the Lotus module embeds no bundle v%d for %s", row.version, row.network)
		}
		if err := verify(bundle, row.manifest); err != nil {
			return fmt.Errorf("v%d %s: %w", row.version, row.network, err)
		}
		if err := writeAtomically(filepath.Join(out, row.fileName()), bundle); err != nil {
			return err
		}
	}
	fmt.Printf("%d bundles verified and written to %s\n", len(rows), out)
	return nil
}

// verify reads the whole CAR: its only root must be the manifest, and every
// block must hash to its CID (the reader refuses a block that does not).
func verify(bundle []byte, manifest string) error {
	reader, err := car.NewCarReader(bytes.NewReader(bundle))
	if err != nil {
		return err
	}
	roots := reader.Header.Roots
	if len(roots) != 1 || roots[0].String() != manifest {
		return fmt.Errorf("root is %v, expected %s", roots, manifest)
	}
	found := false
	for {
		block, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		found = found || block.Cid().Equals(roots[0])
	}
	if !found {
		return errors.New("the manifest block is missing from the bundle")
	}
	return nil
}

// writeAtomically leaves either the old file or the whole new one, so that a
// process that reads the cache at the same time never sees half a bundle.
func writeAtomically(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(data); err != nil {
		temp.Close()
		return err
	}
	if err := errors.Join(temp.Sync(), temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
