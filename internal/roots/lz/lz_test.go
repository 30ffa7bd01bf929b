package lz

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"", "a", "abcabcabcabc", strings.Repeat("x", 1000), strings.Repeat("0123456789", 100) + "end"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		packed := Compress(data)
		if got, err := Expand(packed); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%q became %q: %v", data, got, err)
		}
		if len(packed) > len(data)+len(data)/maxLiterals+1 {
			t.Errorf("%d bytes became %d", len(data), len(packed))
		}
	})
}

// FuzzExpand checks that whatever Expand takes can be compressed again.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{"\x00a", "\x00a\x80\x00\x01", "\x05abc", "\x80\x00\x00", "\x00a\x80\x00\x02", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, packed []byte) {
		plain, err := Expand(packed)
		if err != nil {
			return
		}
		if again, err := Expand(Compress(plain)); err != nil || !bytes.Equal(again, plain) {
			t.Errorf("%q: %v", packed, err)
		}
	})
}

func TestRepetitionShrinks(t *testing.T) {
	data := bytes.Repeat([]byte("all work and no play. "), 500)
	if packed := Compress(data); len(packed) > len(data)/20 {
		t.Errorf("%d bytes became %d", len(data), len(packed))
	}
}
