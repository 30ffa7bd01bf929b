package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// noise is what doesn't compress.
func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
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
	return b[:min(len(b), 1<<20)]
}

// unpack reads what Append wrote.
func unpack(t *testing.T, packed, before []byte) []byte {
	packed = append(slices.Clip(packed), 3, 0) // an empty block, the last
	t.Helper()
	got, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(packed), before))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAppend(t *testing.T) {
	text := strings.Repeat("the quick brown fox ", 9000)
	for _, tt := range []struct {
		name         string
		before, data string
		most         int // bytes
	}{
		{"nothing", "", "", 5},
		{"one byte", "", "x", 20},
		{"two bytes", "", "xy", 20},
		{"short", "", "abcabcabcabc", 30},
		{"one letter", "", strings.Repeat("a", 500_000), 1500},
		{"text", "", text, 1500},
		{"a match in what was before", text, text[:1000], 90},
		{"more before than is looked at", strings.Repeat("z", 100_000) + text, text[7:2000], 90},
		{"noise", "", string(noise(300_000)), 300_100},
		{"long matches at the far end of the window", "", string(noise(32768)) + string(noise(32768)), 34_000},
		{"one stretch", "", string(self(t)[:stretch]), stretch},
		{"one byte more", "", string(self(t)[:stretch+1]), stretch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packed := Append(nil, []byte(tt.before), []byte(tt.data))
			if got := unpack(t, packed, []byte(tt.before)); string(got) != tt.data {
				t.Errorf("%d bytes unpack to %d others", len(tt.data), len(got))
			}
			if len(packed) > tt.most {
				t.Errorf("%d bytes, want at most %d", len(packed), tt.most)
			}
		})
	}
}

// TestJoined: pieces follow each other byte by byte.
func TestJoined(t *testing.T) {
	data := self(t)[:300_000]
	var packed []byte
	for at := 0; at < len(data); at += 100_000 {
		packed = Append(packed, data[:at], data[at:at+100_000])
	}
	if got := unpack(t, packed, nil); !bytes.Equal(got, data) {
		t.Error("other bytes")
	}
}

// TestAgainstFlate: the package is worth its lines.
func TestAgainstFlate(t *testing.T) {
	data := self(t)
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(Append(nil, nil, data)); float64(got) > 0.97*float64(b.Len()) {
		t.Errorf("%d bytes, compress/flate needs %d: less than 3 %% won", got, b.Len())
	}
}

func BenchmarkAppend(b *testing.B) {
	data := self(b)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Append(nil, nil, data)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte("before"), []byte("data data data"))
	f.Add([]byte(""), []byte(strings.Repeat("ab", 3000)))
	f.Fuzz(func(t *testing.T, before, data []byte) {
		packed := Append(nil, before, data)
		if got := unpack(t, packed, before); !bytes.Equal(got, data) {
			t.Errorf("%q unpacks to %q", data, got)
		}
	})
}
