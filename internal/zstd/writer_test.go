package zstd

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pack compresses content, which is written in pieces of so many bytes.
func pack(t testing.TB, content []byte, level, piece int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{z}, struct{ io.Reader }{bytes.NewReader(content)}, make([]byte, piece)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestWriter: what is written is read back, by the package and by the program,
// and however it was written it is the same.
func TestWriter(t *testing.T) {
	all := corpora(t)
	all["blocks of zeros amid text"] = slices.Concat(all["text"], make([]byte, 7*maxBlock), all["text"])
	for name, content := range all {
		for _, level := range []int{1, Best} {
			packed := pack(t, content, level, 64<<10)
			if again := pack(t, content, level, 777); !bytes.Equal(again, packed) {
				t.Errorf("%s, level %d: the pieces in which it is written change the result", name, level)
			}
			got, err := read(t, packed)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s, level %d: %d bytes (%v), want other %d", name, level, len(got), err, len(content))
			}
			t.Run("program", func(t *testing.T) {
				if got, err := program(t, packed, "zstd", "-dcq"); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s, level %d: zstd reads %d bytes (%v), want other %d", name, level, len(got), err, len(content))
				}
			})
		}
	}
}

// TestWriterKinds: all that the format has is written where it is worth it.
func TestWriterKinds(t *testing.T) {
	count := make(map[string]int)
	all := corpora(t)
	random := rand.New(rand.NewPCG(3, 4))
	var skewed, numbers bytes.Buffer
	for range 400_000 {
		skewed.WriteByte(byte(random.NormFloat64()*8 + 100))
	}
	for numbers.Len() < 1<<19 {
		fmt.Fprintf(&numbers, "%d ", random.IntN(1<<random.IntN(30)))
	}
	all["more skewed"], all["more numbers"] = skewed.Bytes(), numbers.Bytes()
	for _, content := range all {
		kinds(t, pack(t, content, Best, 64<<10), count)
	}
	for _, kind := range []string{
		"block 0", "block 1", "block 2", "no sequences",
		"literals 0 in 0 streams", "literals 1 in 0 streams", "literals 2 in 1 streams", "literals 2 in 4 streams", "literals 3 in 4 streams",
		"table 0 mode 0", "table 0 mode 1", "table 0 mode 2", "table 0 mode 3", "table 1 mode 0", "table 1 mode 2", "table 2 mode 0", "table 2 mode 2", "table 2 mode 3",
	} {
		if count[kind] == 0 {
			t.Errorf("no %s among %v", kind, count)
		}
	}
}

// TestWriterWindow: what is three windows long and repeats at all distances.
func TestWriterWindow(t *testing.T) {
	noise := make([]byte, 3*window+12345)
	rand.NewChaCha8([32]byte{7}).Read(noise)
	for i, offset := range []int{window - 1, window, window + 1, maxBlock, 5000, 2*window - 77} {
		for at := (i + 1) * 700_000; at+4000 < len(noise); at += 1_100_000 {
			if at >= offset {
				copy(noise[at:at+4000], noise[at-offset:])
			}
		}
	}
	packed := pack(t, noise, 1, 1<<20)
	got, err := io.ReadAll(NewReader(bytes.NewReader(packed)))
	if err != nil || !bytes.Equal(got, noise) {
		t.Fatalf("%d bytes (%v), want other %d", len(got), err, len(noise))
	}
	if len(packed) > len(noise)-60_000 {
		t.Errorf("%d bytes of %d: what repeats wasn't found", len(packed), len(noise))
	}
	t.Run("program", func(t *testing.T) {
		if got, err := program(t, packed, "zstd", "-dcq"); err != nil || !bytes.Equal(got, noise) {
			t.Errorf("zstd reads %d bytes (%v), want other %d", len(got), err, len(noise))
		}
	})
}

// TestWriterReach: what is as far back as the window is referred to, what is
// farther isn't.
func TestWriterReach(t *testing.T) {
	noise := make([]byte, 4000)
	rand.NewChaCha8([32]byte{9}).Read(noise)
	for _, offset := range []int{window, window + 1, window + 3} {
		content := slices.Concat(noise, make([]byte, offset-len(noise)), noise)
		got, err := io.ReadAll(NewReader(bytes.NewReader(pack(t, content, Best, 1<<20))))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("offset %d: %d bytes (%v), want other %d", offset, len(got), err, len(content))
		}
	}
}

// TestWriterSame: the result is the same on every machine.
func TestWriterSame(t *testing.T) {
	all := contents()
	h := sha256.New()
	for _, name := range []string{"empty", "byte", "text", "numbers", "skewed", "far", "large", "keyed"} {
		h.Write(pack(t, all[name], Best, 1<<20))
	}
	const want = "d85f787a5790c14dcb31fc45585c9635d62d9ba245eac25166f5bfba5d3c72a8"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s: does what is packed have to get another digest?", got, want)
	}
}

// TestWriterSmall: the package is worth its lines.
func TestWriterSmall(t *testing.T) {
	content := corpora(t)["binary"]
	packed := pack(t, content, Best, 1<<20)
	best, err := program(t, content, "zstd", "-19", "-c")
	if err != nil {
		t.Fatal(err)
	}
	if len(packed)*100 > len(best)*103 {
		t.Errorf("%d bytes, zstd -19 needs %d", len(packed), len(best))
	}
}

func TestWriterFaults(t *testing.T) {
	for _, level := range []int{-1, 0, Best + 1} {
		if _, err := NewWriter(io.Discard, level); err == nil || !strings.Contains(err.Error(), fmt.Sprint(level)) {
			t.Errorf("level %d: error %v", level, err)
		}
	}
	full := errors.New("full")
	for _, limit := range []int64{0, 10, 200_000, 400_000} {
		noise := make([]byte, 500_000)
		rand.NewChaCha8([32]byte{2}).Read(noise)
		z, err := NewWriter(&limited{left: limit, err: full}, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = z.Write(noise)
		if closeErr := z.Close(); err == nil {
			err = closeErr
		}
		if !errors.Is(err, full) {
			t.Errorf("%d bytes fit: error %v, want %v", limit, err, full)
		}
	}
	z, err := NewWriter(io.Discard, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte("x")); err == nil {
		t.Error("written after Close")
	}
}

// limited takes so many bytes.
type limited struct {
	left int64
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= int64(len(p)); l.left < 0 {
		return 0, l.err
	}
	return len(p), nil
}

func BenchmarkWriter(b *testing.B) {
	content := corpora(b)["binary"]
	for _, level := range []int{1, 9, Best} {
		b.Run(fmt.Sprint("level ", level), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				b.ReportMetric(100*float64(len(pack(b, content, level, 1<<20)))/float64(len(content)), "%")
			}
		})
	}
}

// FuzzWriter: whatever is written is read back.
func FuzzWriter(f *testing.F) {
	for _, content := range contents() {
		if len(content) < 20_000 {
			f.Add(content, uint8(Best))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte, level uint8) {
		got, err := io.ReadAll(NewReader(bytes.NewReader(pack(t, content, 1+int(level)%Best, 1<<20))))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes (%v), want other %d", len(got), err, len(content))
		}
	})
}
