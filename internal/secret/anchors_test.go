package secret

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// Every word is found wherever it stands, as often as it does.
func FuzzAnchors(f *testing.F) {
	m := NewMatcher()
	f.Add([]byte("ghp_ghp_"), 3)
	f.Add([]byte("--------BEGIN -----BEGIN x"), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n >= 0 && len(m.anchors.words) > 0 {
			b = append(append(bytes.Clone(b), m.anchors.words[n%len(m.anchors.words)]...), b...)
		}
		counts := make([]int, len(m.anchors.words))
		m.anchors.find(b, func(word, at int) {
			if !bytes.HasPrefix(b[at:], []byte(m.anchors.words[word])) {
				t.Errorf("no %q at %d", m.anchors.words[word], at)
			}
			counts[word]++
		})
		for i, w := range m.anchors.words {
			want := 0
			for at := 0; ; at++ {
				next := bytes.Index(b[at:], []byte(w))
				if next < 0 {
					break
				}
				at += next
				want++
			}
			if counts[i] != want {
				t.Errorf("%q found %d times, want %d", w, counts[i], want)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	name, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	m := NewMatcher()
	for kind, content := range map[string]string{"program": string(program), "text": strings.Repeat("The quick brown fox jumps over the lazy dog. ", 50_000)} {
		b.Run(kind, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if _, err := m.Scan(strings.NewReader(content), "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
