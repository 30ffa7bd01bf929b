package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	it "devops-go/internal/imagetest"
)

// Of one rule's findings a bounded number is listed; all are counted, judged
// and, where the settings say so, ignored.
func TestManyFindings(t *testing.T) {
	const n = maxListed + 500
	var entries []it.Entry
	for i := range n {
		entries = append(entries, moded(it.File(fmt.Sprintf("bin/%04d", i), "x"), 0o4755), moded(it.File(fmt.Sprintf("data/%04d", i), "x"), 0o666))
	}
	bad := with(ran("x"), entries)
	for _, tt := range []struct {
		settings string
		ok       bool
		counts   Counts
		unlisted string
	}{
		{`{}`, true, Counts{Warning: 2 * n}, "TARE-F001 500, TARE-F002 500"},
		{`{"failOn":"warning"}`, false, Counts{Warning: 2 * n}, "TARE-F001 500, TARE-F002 500"},
		{`{"failOn":"warning","ignore":[{"rule":"TARE-F002","reason":"x"}]}`, false, Counts{Warning: n, Ignored: n}, "TARE-F001 500, TARE-F002 500 ignored"},
		{`{"failOn":"warning","severities":{"TARE-F001":"off"},"ignore":[{"rule":"TARE-F002","reason":"x"}]}`, true, Counts{Ignored: n}, "TARE-F002 500 ignored"},
		// What isn't ignored is found behind any number of what is.
		{`{"failOn":"warning","severities":{"TARE-F001":"off"},"ignore":[{"rule":"TARE-F002","reason":"x","path":"/data/[0]*"},{"rule":"TARE-F002","reason":"x","path":"/data/1[0-3]*"}]}`,
			false, Counts{Warning: 100, Ignored: n - 100}, "TARE-F002 400 ignored"},
	} {
		r := judge(t, bad, Options{Settings: settings(t, tt.settings)})
		var unlisted []string
		for _, u := range r.Unlisted {
			text := fmt.Sprintf("%s %d", u.Rule, u.Count)
			if u.Ignored {
				text += " ignored"
			}
			unlisted = append(unlisted, text)
		}
		if got := strings.Join(unlisted, ", "); r.OK != tt.ok || r.Counts != tt.counts || got != tt.unlisted {
			t.Errorf("%s: ok %v, %+v, unlisted %s; want %v, %+v, %s", tt.settings, r.OK, r.Counts, got, tt.ok, tt.counts, tt.unlisted)
		}
		if total := tt.counts.Warning + tt.counts.Ignored; len(r.Findings)+len(r.Ignored)+sum(r.Unlisted) != total {
			t.Errorf("%s: %d findings and %d ignored of %d", tt.settings, len(r.Findings), len(r.Ignored), total)
		}
	}
}

func sum(list []Unlisted) (n int) {
	for _, u := range list {
		n += u.Count
	}
	return n
}

// A report doesn't grow with the square of an instruction, and what is cut off
// an instruction still tells findings apart.
func TestLongInstruction(t *testing.T) {
	var long strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&long, " export TOKEN_%d=s3cret-%d", i, i)
	}
	first, second := with(ran(long.String()), files()), with(ran(long.String()+" && true"), files())
	r := judge(t, first, Options{})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 2*maxListed*maxInstruction || r.Counts.Error != 3000 {
		t.Errorf("%d bytes, %+v", len(b), r.Counts)
	}
	if strings.Contains(string(b), "s3cret") {
		t.Error("a secret shows")
	}
	marks := map[string]bool{}
	for _, f := range append(r.Findings, judge(t, second, Options{}).Findings...) {
		marks[f.Fingerprint] = true
	}
	if len(marks) != 2*maxListed {
		t.Errorf("%d fingerprints", len(marks))
	}
}

// The pairs of an instruction, as builders record them.
func TestSplitPairs(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"A=1", "[{A 1}]"},
		{"A=1 B=2", "[{A 1} {B 2}]"},
		{"A=1 2  3 B=x", "[{A 1 2  3} {B x}]"},
		{`A="x y" 'B'=z`, "[{A x y} {B z}]"},
		{"LANG C.UTF-8", "[{LANG C.UTF-8}]"},
		{"TOKEN", "[{TOKEN }]"},
		{"A= B=", "[{A } {B }]"},
		{"", "[]"},
	} {
		if got := fmt.Sprint(splitPairs(tt.in)); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
	// The cost doesn't grow with the square of the length.
	if pairs := splitPairs("A=" + strings.Repeat("x ", 2<<20)); len(pairs) != 1 || len(pairs[0].value) != 4<<20-1 {
		t.Errorf("%d pairs", len(pairs))
	}
}
