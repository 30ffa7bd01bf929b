package secret

import (
	"bytes"
	"strings"
	"testing"
)

// Spans lie in the text, in order and apart; and nothing that was masked stands
// anywhere in what is redacted.
func FuzzSecret(f *testing.F) {
	for _, tt := range secretTexts() {
		f.Add(tt.text)
	}
	for _, tt := range noSecrets() {
		f.Add(tt)
	}
	m := NewMatcher()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		end := 0
		var known Redactor
		for _, s := range m.Find(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) || s.Kind == "" {
				t.Fatalf("span %+v after %d in %q", s, end, text)
			}
			end = s.End
			known.Learn(text[s.Start:s.End])
		}
		known.Ready()
		redacted := known.Redact(maskText(m, text))
		for value := range known.values {
			if !strings.Contains(Masked, value) && strings.Contains(strings.ReplaceAll(redacted, Masked, "\x00"), value) {
				t.Errorf("%q is still in %q", value, redacted)
			}
		}
	})
}

// A private key is found wherever it stands in a content.
func FuzzPrivateKey(f *testing.F) {
	m := NewMatcher()
	f.Add([]byte("x = '"), []byte("'"))
	f.Add([]byte("\x7fELF\x02"), []byte("\x00"))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"), []byte(""))
	f.Add([]byte("\xff\xfe"), []byte(""))
	f.Add([]byte("-----BEGIN "), []byte("PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		content := append(append(append([]byte{}, before...), "\n"+keyText...), after...)
		if found, err := m.Scan(bytes.NewReader(content), "x"); err != nil || !found.PrivateKey {
			t.Errorf("no key in %q: %v", content, err)
		}
		start, end, ok := findPrivateKey(append(before, after...))
		if ok && (start < 0 || end > len(before)+len(after) || end-start < minKey) {
			t.Errorf("key at %d to %d", start, end)
		}
	})
}
