package size_test

import (
	"encoding/json"
	"testing"

	"devops-go/internal/size"
)

var sizes = []struct {
	in   string
	want size.Bytes // negative: an error
}{
	{"0", 0}, {"1500", 1500}, {"2300000", 2_300_000}, {"1.5kB", 1500}, {"2.3MB", 2_300_000}, {"1 MB", 1_000_000}, {"1k", 1000},
	{"1 KiB", 1024}, {"1GiB", 1 << 30}, {"64GiB", 64 << 30}, {"1TiB", 1 << 40},
	{"", -1}, {"MB", -1}, {"-1", -1}, {"-1MB", -1}, {"1XB", -1}, {"1e30", -1}, {"9e99TB", -1}, {"NaN", -1}, {"Inf", -1}, {"9EB", -1}, {"1kBB", -1}, {"1MBMB", -1},
}

func TestParse(t *testing.T) {
	for _, tt := range sizes {
		got, err := size.Parse(tt.in)
		if (err == nil) != (tt.want >= 0) || err == nil && got != tt.want {
			t.Errorf("Parse(%q) = %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		bytes int64
		want  string
	}{
		{0, "0 B"}, {999, "999 B"}, {1000, "1.00 kB"}, {9994, "9.99 kB"}, {9995, "10.0 kB"}, {99_949, "99.9 kB"}, {99_950, "100 kB"},
		{999_499, "999 kB"}, {999_500, "1.00 MB"}, {7_798_000, "7.80 MB"}, {240_310_647, "240 MB"}, {1 << 62, "4.61 EB"}, {-1500, "-1.50 kB"},
	} {
		if got := size.Format(tt.bytes); got != tt.want {
			t.Errorf("Format(%d) = %q, want %q", tt.bytes, got, tt.want)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want size.Bytes
		ok   bool
	}{{"1500", 1500, true}, {`"2.3MB"`, 2_300_000, true}, {`"x"`, 0, false}, {"-1", 0, false}, {"{}", 0, false}} {
		var got size.Bytes
		if err := json.Unmarshal([]byte(tt.in), &got); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

// FuzzParse: what is taken is no negative size, and comes back from what JSON
// makes of it.
func FuzzParse(f *testing.F) {
	for _, tt := range sizes {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := size.Parse(text)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("%q is %d", text, n)
		}
		var again size.Bytes
		b, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &again); err != nil || n != again && n < 1<<53 {
			t.Errorf("%q: %d, then %d: %v", text, n, again, err)
		}
	})
}
