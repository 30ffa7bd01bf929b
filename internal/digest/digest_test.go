package digest

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const helloSum = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, wantErr string }{
		{helloSum, ""},
		{"sha512:" + strings.Repeat("0f", 64), ""},
		{"", "want ALGORITHM:HEX"},
		{"sha256:", "64 lower-case"},
		{"md5:d41d8cd98f00b204e9800998ecf8427e", "unsupported algorithm"},
		{"sha256:../../../../etc/passwd", "64 lower-case"},
		{strings.ToUpper(helloSum), "unsupported algorithm"},
		{"sha256:" + strings.Repeat("G", 64), "64 lower-case"},
		{"sha256:" + strings.Repeat("0", 1<<20), "64 lower-case"},
	} {
		d, err := Parse(tt.in)
		if tt.wantErr == "" {
			if err != nil || d.String() != tt.in {
				t.Errorf("Parse(%q) = %v, %v", tt.in, d, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.wantErr) || len(err.Error()) > 400 {
			t.Errorf("Parse(%.80q) error = %v, want %q", tt.in, err, tt.wantErr)
		}
	}
}

func TestVerify(t *testing.T) {
	d, err := Parse(helloSum)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		content string
		size    int64
		wantErr string
	}{
		{"hello", 5, ""},
		{"hello", -1, ""},
		{"hellO", 5, "content has digest sha256:"},
		{"hello", 4, "longer than its 4 bytes"},
		{"hello", 6, "5 bytes of 6"},
		{"", 5, "0 bytes of 5"},
	} {
		// One byte a read: the error must come before EOF, wherever it falls.
		r := d.Verify(oneByteReader{strings.NewReader(tt.content)}, tt.size)
		got, err := io.ReadAll(r)
		if tt.wantErr == "" {
			if err != nil || string(got) != tt.content {
				t.Errorf("%q, %d: %q, %v", tt.content, tt.size, got, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("%q, %d: error %v, want %q", tt.content, tt.size, err, tt.wantErr)
		}
		if _, again := r.Read(make([]byte, 1)); !errors.Is(again, err) {
			t.Errorf("%q, %d: the error does not stay: %v", tt.content, tt.size, again)
		}
	}
}

type oneByteReader struct{ r io.Reader }

func (o oneByteReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}

func FuzzParse(f *testing.F) {
	f.Add(helloSum)
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err != nil {
			return
		}
		if d.String() != s || strings.ContainsAny(d.Hex(), "./\\") {
			t.Errorf("Parse(%q) = %q", s, d)
		}
	})
}
