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
	noise := make([]byte, 200_000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	var all [][]byte
	for _, data := range [][]byte{nil, []byte("x"), []byte("hello hello hello"), bytes.Repeat([]byte("a"), 300_000), noise, self(t)[:500_000]} {
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
		for range 60 {
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
