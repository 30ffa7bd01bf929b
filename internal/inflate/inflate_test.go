package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"
)

// read returns what a reader of gzip makes of packed.
func read[R io.Reader](packed io.Reader, open func(io.Reader) (R, error)) ([]byte, error) {
	r, err := open(packed)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// kind is what compress/gzip's errors have in common but for the place.
func kind(err error) error {
	if corrupt := flate.CorruptInputError(0); errors.As(err, &corrupt) {
		return flate.CorruptInputError(0)
	}
	return err
}

// same holds the package to compress/gzip, of broken files, too.
func same(t *testing.T, packed []byte) {
	t.Helper()
	want, wantErr := read(bytes.NewReader(packed), gzip.NewReader)
	for _, r := range []io.Reader{bytes.NewReader(packed), iotest.HalfReader(bytes.NewReader(packed))} {
		got, err := read(r, NewReader)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, compress/gzip makes other %d (%v, %v)", len(got), len(want), err, wantErr)
		}
		if kind(err) != kind(wantErr) {
			t.Fatalf("error %v, compress/gzip has %v", err, wantErr)
		}
	}
}

func pack(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Name, w.Comment, w.Extra = "n", "c", []byte("xyz")
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func self(t testing.TB) []byte {
	t.Helper()
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b[:min(len(b), 2<<20)]
}

func samples(t testing.TB) [][]byte {
	noise := make([]byte, 110_000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	var all [][]byte
	for _, data := range [][]byte{nil, []byte("x"), []byte("hello hello hello"), bytes.Repeat([]byte("a"), 200_000), noise, self(t)[:200_000]} {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
			all = append(all, pack(t, data, level))
		}
	}
	return append(all, bytes.Join(all[:12], nil), append(bytes.Clone(all[2]), 0, 0))
}

// TestSame: whole files, every kind of cut, and flipped bits.
func TestSame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, packed := range samples(t) {
		same(t, packed)
		for range 40 {
			same(t, packed[:random.IntN(len(packed))])
			flipped := bytes.Clone(packed)
			flipped[random.IntN(len(flipped))] ^= 1 << random.IntN(8)
			same(t, flipped)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	data := self(b)
	packed := pack(b, data, flate.DefaultCompression)
	for _, bench := range []struct {
		name string
		open func(io.Reader) (io.Reader, error)
	}{
		{"own", func(r io.Reader) (io.Reader, error) { return NewReader(r) }},
		{"compress-gzip", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				r, err := bench.open(bytes.NewReader(packed))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	for _, data := range []string{"", "x", "hello hello hello"} {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
			f.Add(pack(f, []byte(data), level))
		}
	}
	f.Add(pack(f, self(f)[:5000], flate.BestCompression))
	f.Fuzz(func(t *testing.T, packed []byte) { same(t, packed) })
}

// TestReaderFails: an error of the reader below comes through.
func TestReaderFails(t *testing.T) {
	packed := pack(t, self(t), flate.BestSpeed)
	for _, n := range []int{0, 5, 300_000} {
		broken := errors.New("broken")
		r := io.MultiReader(bytes.NewReader(packed[:n]), iotest.ErrReader(broken))
		if _, err := read(r, NewReader); err != broken {
			t.Errorf("after %d bytes: error %v, want %v", n, err, broken)
		}
	}
}

// A bitWriter writes deflate's bits.
type bitWriter struct {
	out []byte
	n   int
}

func (w *bitWriter) bits(v uint32, n int) {
	for ; n > 0; n-- {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[len(w.out)-1] |= byte(v&1) << (w.n % 8)
		v >>= 1
		w.n++
	}
}

// dynamic is a gzip file of one block with literals and distances so many
// codes; all code lengths are 0 but those of the end of the block and of one
// distance. It claims to hold nothing.
func dynamic(literals, distances int) []byte {
	var w bitWriter
	w.bits(1|2<<1, 3)
	w.bits(uint32(literals-257), 5)
	w.bits(uint32(distances-1), 5)
	w.bits(18-4, 4) // up to the length of the code for 1
	for _, s := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1} {
		length := uint32(0)
		if s == 0 || s == 1 {
			length = 1
		}
		w.bits(length, 3)
	}
	for i := range literals + distances {
		w.bits(map[bool]uint32{true: 1}[i == 256 || i == literals], 1)
	}
	w.bits(0, 1) // end of block
	return append(append([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), w.out...), make([]byte, 8)...)
}

// TestTables: a block has as many codes as RFC 1951 lets it have, and no more.
func TestTables(t *testing.T) {
	for _, tt := range []struct {
		literals, distances int
		ok                  bool
	}{
		{257, 1, true}, {286, 30, true}, {286, 31, false}, {286, 32, false}, {287, 30, false}, {288, 30, false}, {257, 31, false}, {287, 1, false},
	} {
		packed := dynamic(tt.literals, tt.distances)
		if _, err := read(bytes.NewReader(packed), NewReader); (err == nil) != tt.ok {
			t.Errorf("%d literals, %d distances: error %v", tt.literals, tt.distances, err)
		}
		same(t, packed)
	}
}

// TestHeaderTexts: a file's name and comment are as long as compress/gzip lets
// them be.
func TestHeaderTexts(t *testing.T) {
	for _, flag := range []byte{8, 16} {
		for _, tt := range []struct {
			length int
			ok     bool
		}{{0, true}, {510, true}, {511, true}, {512, false}, {513, false}} {
			packed := append([]byte{0x1f, 0x8b, 8, flag, 0, 0, 0, 0, 0, 0xff}, bytes.Repeat([]byte("n"), tt.length)...)
			packed = append(packed, "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
			if _, err := read(bytes.NewReader(packed), NewReader); (err == nil) != tt.ok {
				t.Errorf("flag %d, %d bytes: error %v", flag, tt.length, err)
			}
			same(t, packed)
		}
	}
}
