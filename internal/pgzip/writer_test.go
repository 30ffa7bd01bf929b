package pgzip

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

// text returns n bytes that compress. They repeat at a distance that is out of
// the window.
func text(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 3*windowSize+1)
	for i := range b {
		b[i] = "etaoin shrdlu"[random.IntN(13)]
		if i > 100 && random.IntN(3) == 0 {
			b[i] = b[i-100]
		}
	}
	return bytes.Repeat(b, n/len(b)+1)[:n]
}

func compress(t testing.TB, content []byte, level, chunk int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	for len(content) > 0 {
		n := min(chunk, len(content))
		if _, err := w.Write(content[:n]); err != nil {
			t.Fatal(err)
		}
		content = content[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWriter(t *testing.T) {
	sizes := []int{0, 1, windowSize - 1, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 17}
	if testing.Short() {
		sizes = []int{blockSize + 1}
	}
	for _, size := range sizes {
		content := text(size)
		var first []byte
		for _, procs := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(procs)
			for _, chunk := range []int{1000, 1 << 20, 1 << 30} {
				got := compress(t, content, flate.BestSpeed, chunk)
				if first == nil {
					first = got
				}
				if !bytes.Equal(got, first) {
					t.Errorf("size %d: output differs at %d processors, %d bytes a write", size, procs, chunk)
				}
			}
			runtime.GOMAXPROCS(before)
		}
		r, err := gzip.NewReader(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false)
		back, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(back, content) {
			t.Errorf("size %d: came back as %d bytes, %v", size, len(back), err)
		}
	}
}

// TestSize holds that cutting into blocks costs less than 1 %.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses 5 MiB twice")
	}
	content := text(5 << 20)
	var want bytes.Buffer
	w := gzip.NewWriter(&want)
	w.Write(content)
	w.Close()
	if got := len(compress(t, content, flate.DefaultCompression, 1<<16)); got > want.Len()*101/100 {
		t.Errorf("%d bytes, compress/gzip makes %d", got, want.Len())
	}
}

func TestWriterFails(t *testing.T) {
	full := errors.New("disk full")
	w, err := NewWriter(failing{full}, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	block := text(blockSize)
	for range 20 {
		if _, err := w.Write(block); err != nil {
			break
		}
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("Close = %v, want %v", err, full)
	}
	if _, err := w.Write([]byte("x")); err == nil {
		t.Error("Write after Close succeeded")
	}
	if _, err := NewWriter(io.Discard, 77); err == nil {
		t.Error("level 77 accepted")
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func BenchmarkWriter(b *testing.B) {
	content := text(8 << 20)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		compress(b, content, flate.DefaultCompression, 1<<20)
	}
}

func FuzzWriter(f *testing.F) {
	f.Add([]byte("hello"), uint16(3))
	f.Fuzz(func(t *testing.T, content []byte, chunk uint16) {
		r, err := gzip.NewReader(bytes.NewReader(compress(t, content, flate.DefaultCompression, int(chunk)+1)))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := io.ReadAll(r); err != nil || !bytes.Equal(back, content) {
			t.Errorf("came back as %d bytes of %d: %v", len(back), len(content), err)
		}
	})
}
