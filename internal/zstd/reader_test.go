package zstd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
)

// read returns what is in packed, by Read and by WriteTo and however it comes.
func read(t testing.TB, packed []byte) ([]byte, error) {
	t.Helper()
	var written bytes.Buffer
	_, err := NewReader(bytes.NewReader(packed)).WriteTo(&written)
	for _, r := range []io.Reader{bytes.NewReader(packed), iotest.HalfReader(bytes.NewReader(packed)), iotest.DataErrReader(bytes.NewReader(packed))} {
		got, readErr := io.ReadAll(struct{ io.Reader }{NewReader(r)})
		if !bytes.Equal(got, written.Bytes()) || fmt.Sprint(err) != fmt.Sprint(readErr) {
			t.Fatalf("%T: Read has %d bytes (%v), WriteTo other %d (%v)", r, len(got), readErr, written.Len(), err)
		}
	}
	if e := (*Error)(nil); err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(packed))) {
		t.Fatalf("error %#v of %d bytes", err, len(packed))
	}
	return written.Bytes(), err
}

func TestGolden(t *testing.T) {
	for _, g := range goldens(t) {
		got, err := read(t, g.packed)
		if err != nil || !bytes.Equal(got, g.content) {
			t.Errorf("%s: %d bytes (%v), want other %d", g.name, len(got), err, len(g.content))
		}
	}
}

// kinds counts what the blocks of packed are made of.
func kinds(t *testing.T, packed []byte, count map[string]int) {
	t.Helper()
	z := NewReader(bytes.NewReader(packed))
	for z.err == nil {
		if z.in.have(3 + maxBlock); z.inFrame {
			b := z.in.buf[z.in.next:]
			kind := b[0] >> 1 & 3
			count[fmt.Sprintf("block %d", kind)]++
			if kind == compressedBlock {
				h := newLiteralsHeader(binary.LittleEndian.Uint64(b[3:]))
				count[fmt.Sprintf("literals %d in %d streams", h.kind, h.streams)]++
				sequences := b[3+h.size+h.packed:]
				size := 1
				if sequences[0] >= 128 {
					size = 2
				}
				for i := 0; i < 3 && sequences[0] > 0; i++ {
					count[fmt.Sprintf("table %d mode %d", i, sequences[size]>>(6-2*i)&3)]++
				}
				if sequences[0] == 0 {
					count["no sequences"]++
				}
			}
		}
		_, z.err = z.next()
	}
	if z.err != io.EOF {
		t.Fatal(z.err)
	}
}

// TestGoldenKinds: the files of testdata have everything that the format has.
func TestGoldenKinds(t *testing.T) {
	count := make(map[string]int)
	for _, g := range goldens(t) {
		kinds(t, g.packed, count)
	}
	want := []string{
		"block 0", "block 1", "block 2", "no sequences",
		"literals 0 in 0 streams", "literals 1 in 0 streams", "literals 2 in 1 streams", "literals 2 in 4 streams",
		"literals 3 in 1 streams", "literals 3 in 4 streams",
	}
	for table := range 3 {
		for mode := range 4 {
			want = append(want, fmt.Sprintf("table %d mode %d", table, mode))
		}
	}
	for _, kind := range want {
		if count[kind] == 0 {
			t.Errorf("testdata has no %s: %v", kind, count)
		}
	}
}

// TestDamaged: a file that is cut or has a bit flipped is refused, or is what it
// was, where it has checksums.
func TestDamaged(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, g := range goldens(t) {
		checked := g.packed[4]>>2&1 == 1
		for range 40 {
			cut := g.packed[:random.IntN(len(g.packed))]
			if _, err := read(t, cut); g.name != "frames" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut after %d bytes: error %v", g.name, len(cut), err)
			}
			flipped := bytes.Clone(g.packed)
			at := random.IntN(len(flipped))
			flipped[at] ^= 1 << random.IntN(8)
			got, err := read(t, flipped)
			if checked && err == nil && at != 4 && !bytes.Equal(got, g.content) {
				t.Errorf("%s with byte %d changed: other content and no error", g.name, at)
			}
		}
	}
}

// frameOf returns a frame of blocks, without a checksum and with a window of 1 KB.
func frameOf(blocks ...string) string {
	b := "\x28\xb5\x2f\xfd\x00\x00"
	for i, block := range blocks {
		kind, content := block[0]-'0', block[1:]
		header := uint32(len(content))<<3 | uint32(kind)<<1
		if i == len(blocks)-1 {
			header |= 1
		}
		b += string([]byte{byte(header), byte(header >> 8), byte(header >> 16)}) + content
	}
	return b
}

func TestErrors(t *testing.T) {
	const start = "\x28\xb5\x2f\xfd"
	for _, test := range []struct{ name, packed, want string }{
		{"empty", "", "byte 0: unexpected EOF"},
		{"half a magic number", "\x28\xb5", "byte 2: unexpected EOF"},
		{"other content", "hello", "byte 0: no frame begins here"},
		{"garbage after a frame", frameOf("0abc") + "\x00\x00\x00\x00", "byte 12: no frame begins here"},
		{"skippable cut", "\x5f\x2a\x4d\x18\x09\x00\x00\x00abc", "byte 11: unexpected EOF"},
		{"dictionary", start + "\x23\x78\x56\x34\x12\x00", "byte 0: the frame needs dictionary 305419896, which isn't here"},
		{"dictionary after a frame", frameOf("0") + start + "\x01\x00\x07", "byte 9: the frame needs dictionary 7, which isn't here"},
		{"window", start + "\x00\x89", "byte 0: the frame needs a window of 150994944 bytes, more than 134217728"},
		{"window of all content", start + "\xe0\x00\x00\x00\x00\x00\x00\x00\x80", "byte 0: the frame needs a window of 9223372036854775808 bytes, more than 134217728"},
		{"reserved bit", start + "\x08\x00", "byte 0: the frame's header has a reserved bit set"},
		{"size too large", start + "\x20\x05\x19\x00\x00abc", "byte 12: the frame's content isn't as long as its header says"},
		{"size too small", start + "\x20\x02\x10\x00\x00ab\x09\x00\x00c", "byte 15: the frame's content isn't as long as its header says"},
		{"block type", frameOf("3abc"), "byte 6: a block is of the reserved type"},
		{"block size", start + "\x00\x00\x09\x20\x00", "byte 6: a block is larger than it may be"},
		{"run size", start + "\x00\x00\x0b\x20\x00a", "byte 6: a block is larger than it may be"},
		{"empty compressed", frameOf("2"), "byte 9: the block ends before its literals do"},
		{"literals cut", frameOf("2\x18ab"), "byte 9: the block ends before its literals do"},
		{"no sequences' header", frameOf("2\x10ab"), "byte 12: the block ends before its sequences do"},
		{"too many literals", frameOf("2\x0d\xff\x0fa\x00"), "byte 9: a block is larger than it may be"},
		{"treeless", frameOf("2\x03\x40\x00a\x00"), "byte 9: the literals use the last Huffman tree, and there is none"},
		{"tree", frameOf("2\x12\xc0\x00\x80\x00\x01\x00"), "byte 12: the literals' Huffman tree is broken"},
		{"more than no sequences", frameOf("2\x08a\x00b"), "byte 12: there is more after a block without sequences"},
		{"no modes", frameOf("2\x08a\x01"), "byte 11: the block ends before its sequences do"},
		{"reserved mode", frameOf("2\x08a\x01\x01b"), "byte 12: the sequences' modes have a reserved bit set"},
		{"repeated table", frameOf("2\x08a\x01\xfcb"), "byte 13: a table of the sequences is broken"},
		{"run of no code", frameOf("2\x08a\x01\x54\x24\x00\x00\x01"), "byte 13: a table of the sequences is broken"},
		{"no bits", frameOf("2\x08a\x01\x54\x01\x00\x00"), "byte 16: the sequences' bits have no end"},
		{"too many bits", frameOf("2\x08a\x01\x54\x01\x00\x00\x02"), "byte 16: the sequences' bits don't end where they should"},
		{"too few bits", frameOf("2\x08a\x01\x54\x01\x05\x00\x02"), "byte 16: the sequences' bits don't end where they should"},
		{"offset before the frame", frameOf("2\x08a\x01\x54\x01\x02\x00\x07"), "byte 16: a sequence reaches back too far"},
		{"offset 0", frameOf("2\x00\x01\x54\x00\x01\x00\x03"), "byte 15: a sequence reaches back too far"},
		{"literals that aren't there", frameOf("2\x08a\x01\x54\x02\x00\x00\x01"), "byte 16: a sequence needs more literals than there are"},
		{"match too long", frameOf("2\x08a\x01\x54\x01\x00\x2e\x00\x04"), "byte 16: a block is larger than it may be"},
	} {
		_, err := read(t, []byte(test.packed))
		if err == nil || err.Error() != "zstd: "+test.want {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
	}
}

func TestChecksum(t *testing.T) {
	g := goldens(t)[4]
	packed := bytes.Clone(g.packed)
	packed[len(packed)-1] ^= 1
	_, err := read(t, packed)
	if want := fmt.Sprintf("zstd: byte %d: the content's checksum is wrong", len(packed)-4); !errors.Is(err, ErrChecksum) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestXXH64(t *testing.T) {
	for content, want := range map[string]uint64{"": 0xef46db3751d8e999, "a": 0xd24ec4f1a98c6e5b, "abc": 0x44bc2cf5ad770999} {
		var x xxh64
		x.reset()
		x.write([]byte(content))
		if got := x.sum(); got != want {
			t.Errorf("%q has %x, want %x", content, got, want)
		}
	}
}

// TestSkippable: skippable frames may be anywhere, of any size.
func TestSkippable(t *testing.T) {
	skip := "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
	long := "\x5f\x2a\x4d\x18\x40\x0d\x03\x00" + string(make([]byte, 200_000))
	for _, packed := range []string{skip, skip + frameOf("0hello"), frameOf("0he") + long + frameOf("0", "0llo") + skip + skip} {
		got, err := read(t, []byte(packed))
		if want := "hello"; err != nil || packed != skip && string(got) != want {
			t.Errorf("%q (%v), want %q", got, err, want)
		}
	}
}

// TestReaderFails: an error of the reader below comes through as it is.
func TestReaderFails(t *testing.T) {
	g := goldens(t)[4]
	for _, n := range []int{0, 5, 1000, len(g.packed) - 1, len(g.packed)} {
		broken := errors.New("broken")
		r := io.MultiReader(bytes.NewReader(g.packed[:n]), iotest.ErrReader(broken))
		if _, err := io.ReadAll(NewReader(r)); err != broken {
			t.Errorf("after %d bytes: error %v, want %v", n, err, broken)
		}
	}
}

// TestMemory: what a header states costs nothing; what is decoded does, as far
// as the window.
func TestMemory(t *testing.T) {
	const header = "\x28\xb5\x2f\xfd\x00\x88" // a window of 128 MiB
	run := "\x02\x00\x10a"                    // 128 KiB
	for _, test := range []struct {
		blocks int
		most   uint64
	}{{1, 1 << 20}, {7, 4 << 20}, {3000, 145_000_000}} {
		packed := []byte(header)
		packed = append(packed, bytes.Repeat([]byte(run), test.blocks)...)
		packed = append(packed, "\x01\x00\x00"...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := NewReader(bytes.NewReader(packed)).WriteTo(io.Discard)
		runtime.ReadMemStats(&after)
		if err != nil || n != int64(test.blocks)<<17 {
			t.Fatalf("%d bytes (%v)", n, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > test.most {
			t.Errorf("%d blocks took %d bytes of memory, more than %d", test.blocks, got, test.most)
		}
	}
}

// TestRing: a small window, which the ring goes round many times, with copies
// from its whole reach.
func TestRing(t *testing.T) {
	list := goldens(t)
	g := list[slices.IndexFunc(list, func(g golden) bool { return g.name == "blocks" })]
	z := NewReader(bytes.NewReader(g.packed))
	if _, err := z.WriteTo(io.Discard); err != nil {
		t.Fatal(err)
	}
	if most := z.history.window + 2*z.history.block + slack; len(z.history.buf) > most || len(g.content) < 10*most {
		t.Errorf("%d bytes for a window of %d and %d bytes", len(z.history.buf), z.history.window, len(g.content))
	}
}

func BenchmarkReader(b *testing.B) {
	for _, g := range goldens(b) {
		if g.name != "large-16" && g.name != "text-19" {
			continue
		}
		b.Run(g.name, func(b *testing.B) {
			b.SetBytes(int64(len(g.content)))
			for b.Loop() {
				if _, err := NewReader(bytes.NewReader(g.packed)).WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
