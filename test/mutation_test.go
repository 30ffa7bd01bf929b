package test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"devops-go/internal/audit"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
	"devops-go/internal/verify"
)

// mutationSeeds are small archives of every form, with something of every kind
// in their layers.
func mutationSeeds() [][]byte {
	passwd := it.File("etc/passwd", "root:x:0:0::/:\nweb:x:1000:1000::/:\n")
	capable := it.File("cap", "c")
	capable.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x04"}
	img := it.Image{Tag: "a:1", Layers: []it.Layer{
		it.Raw(it.Dir("d"), it.File("d/a", "#!/bin/sh\n"), it.Symlink("ln", "d"), it.File("ln/b", "x"), it.Link("hl", "ln/a"), passwd, capable),
		it.Raw(it.Whiteout("d/a"), it.Opaque("ln"), it.Program("app", 600), it.Odd(tar.TypeChar, "c", ""), it.File("../esc", "e"), it.File(strings.Repeat("n", 120), "long")),
		it.Zipped(it.Link("hl2", "app"), it.File("srv/.env", "A=1\n"), it.Whiteout("d")),
	}}
	img.Config.Config = image.RunConfig{User: "web", Entrypoint: []string{"/app"}, Env: []string{"A=b"}}
	created := time.Unix(1_700_000_000, 0)
	img.Config.History = []image.History{{Created: &created, CreatedBy: "RUN x"}, {CreatedBy: "ENV A=b", EmptyLayer: true}}
	return [][]byte{it.Classic(img).Archive(), it.Saved(img).Archive(), it.Layout(img).Archive()}
}

// mutate changes a few things of an archive; what is a header remains one.
func mutate(r *rand.Rand, archive []byte) []byte {
	b := bytes.Clone(archive)
	for range 1 + r.IntN(6) {
		at := r.IntN(len(b)/512) * 512
		block := b[at : at+512]
		header := string(block[257:262]) == "ustar"
		switch r.IntN(8) {
		case 0:
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		case 1:
			copy(block, b[r.IntN(len(b)/512)*512:])
			continue
		case 2:
			b = b[:at+r.IntN(512)+512]
			if len(b)%512 != 0 {
				b = append(b, make([]byte, -len(b)&511)...)
			}
			continue
		case 3:
			copy(block[124:], fmt.Sprintf("%011o", r.IntN(1<<r.IntN(34))))
		case 4:
			block[156] = "0123456789xgLKSDVMN\x00"[r.IntN(20)]
		case 5:
			copy(block[r.IntN(2)*157:], []string{"..", "../a", ".", "/", "ln", "d", "ln/ln", ".wh.d\x00", ".wh..wh..opq\x00", "a/../..", "hl\x00"}[r.IntN(11)])
		default:
			block[r.IntN(512)] = byte(r.IntN(256))
		}
		if header {
			fixChecksum(block)
		}
	}
	return b
}

func fixChecksum(block []byte) {
	copy(block[148:156], "        ")
	var sum int
	for _, c := range block {
		sum += int(c)
	}
	copy(block[148:], fmt.Sprintf("%06o\x00 ", sum))
}

// tryAll asks everything of the archive and says what must not be.
func tryAll(archive []byte) (fault string) {
	defer func() {
		if p := recover(); p != nil {
			fault = fmt.Sprint("panic: ", p)
		}
	}()
	ctx := context.Background()
	img, err := image.OpenArchive(ctx, bytes.NewReader(archive), int64(len(archive)), "", image.Options{Tolerant: true})
	if err != nil {
		return internal(err)
	}
	opts := layers.Options{MaxSize: 1 << 28, MaxFiles: 10_000}
	if _, err := verify.Image(ctx, img, verify.Options{}); internal(err) != "" {
		return internal(err)
	}
	if _, err := audit.Image(ctx, img, audit.Options{Layers: opts}); internal(err) != "" {
		return internal(err)
	}
	s, err := layers.Read(ctx, img, opts)
	if err != nil {
		return internal(err)
	}
	if _, err := s.Weigh(""); err != nil {
		return "weigh: " + err.Error()
	}
	s.History()
	listing, err := s.List(layers.ListOptions{})
	if err != nil {
		return "tree: " + err.Error()
	}
	if listing.Size+s.Dead() != s.Size() {
		return fmt.Sprintf("size %d is not the tree's %d and %d dead", s.Size(), listing.Size, s.Dead())
	}
	return ""
}

// internal tells the error that a panic became.
func internal(err error) string {
	if err != nil && strings.Contains(err.Error(), "internal error") {
		return err.Error()
	}
	return ""
}

// TestMutations: no archive, however damaged, makes a command panic, and what
// can be read adds up. MUTATIONS is how many to try, SEED where to begin.
func TestMutations(t *testing.T) {
	n, seed := 500, uint64(1)
	if s := os.Getenv("MUTATIONS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		seed = rand.Uint64()
	}
	seeds := mutationSeeds()
	read := 0
	for i := range n {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		archive := mutate(r, seeds[r.IntN(len(seeds))])
		if fault := tryAll(archive); fault != "" {
			t.Fatalf("seed %d, mutation %d: %s", seed, i, fault)
		}
		if img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{}); err == nil {
			read++
			img.Close()
		}
	}
	t.Logf("seed %d: %d mutations, %d opened", seed, n, read)
}
