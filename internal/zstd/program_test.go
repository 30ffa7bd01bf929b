package zstd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stricter are the faults that the program doesn't see or lets pass: it takes an
// offset of 0 for 1, looks back beyond the window as far as it has the content,
// ignores reserved bits, allows codes of twelve bits, and doesn't see all bits
// that are left over or missing at an end.
var stricter = []corruption{
	"a sequence reaches back too far",
	"the sequences' modes have a reserved bit set",
	"the literals' Huffman tree is broken",
	"there is more after a block without sequences",
	"the literals' Huffman codes are broken",
	"the block ends before its literals do",
	"the sequences' bits don't end where they should",
}

// same holds the package to the program: what one of the two reads, the other
// does, and to the same bytes.
func same(t *testing.T, packed []byte) {
	t.Helper()
	got, err := read(t, packed)
	want, wantErr := program(t, packed, "zstd", "-dcq")
	if fault := corruption(""); errors.As(err, &fault) && slices.Contains(stricter, fault) {
		return
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("error %v, zstd has %v", err, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, zstd makes other %d", len(got), len(want))
	}
}

// corpora returns the contents and, as they are on any machine, the files of the
// fuzz corpora and this test's own binary.
func corpora(t testing.TB) map[string][]byte {
	all := contents()
	files, err := filepath.Glob("../*/testdata/fuzz/*/*")
	if err != nil {
		t.Fatal(err)
	}
	var corpus []byte
	for _, file := range append(files, os.Args[0]) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if file == os.Args[0] {
			all["binary"] = b[:min(len(b), 1<<20)]
			continue
		}
		corpus = append(corpus, b...)
	}
	all["fuzz corpora"] = corpus
	return all
}

// TestProgram: whatever the program and pzstd write is read, to the byte. Each
// call makes a frame, or more, of each of the contents.
func TestProgram(t *testing.T) {
	var calls [][]string
	for level := 1; level <= 19; level++ {
		calls = append(calls, []string{"zstd", fmt.Sprintf("-%d", level)})
	}
	for _, call := range []string{
		"zstd --ultra -20", "zstd --ultra -22", "zstd --fast=1", "zstd --fast=7", "zstd -3 --long=27", "zstd -3 --long=24",
		"zstd -1 --no-check", "zstd -4 --no-content-size", "zstd -5 -T2 -B65536", "zstd -9 --zstd=wlog=10", "zstd -3 --rsyncable -T2",
		"zstd -7 --zstd=strategy=5,mml=3", "zstd -6 --no-compress-literals", "zstd -1 --compress-literals",
		"pzstd -3 -p 2", "pzstd -1 -p 4",
	} {
		calls = append(calls, strings.Fields(call))
	}
	var files []string
	var want []byte
	for name, content := range corpora(t) {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		files, want = append(files, file), append(want, content...)
	}
	for _, call := range calls {
		from := files
		if call[0] == "pzstd" { // makes frames of what is large, but writes one file at a time
			from = nil
		}
		packed, err := program(t, want, call[0], slices.Concat(call[1:], []string{"-c", "-q"}, from)...)
		if err != nil {
			t.Fatal(call, err)
		}
		got, err := read(t, packed)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v: %d bytes (%v), want other %d", call, len(got), err, len(want))
		}
	}
}

// FuzzReader: whatever comes, it is read as the program does, where it is, and
// in one way however it comes.
func FuzzReader(f *testing.F) {
	for _, g := range goldens(f) {
		if len(g.packed) < 20_000 {
			f.Add(g.packed)
		}
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		if len(packed) > 100_000 {
			return
		}
		same(t, packed)
	})
}
