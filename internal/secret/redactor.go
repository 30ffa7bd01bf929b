package secret

import (
	"maps"
	"slices"
	"strings"
)

// Masked stands where a secret stood.
const Masked = "****"

// A Redactor takes secrets that were found out of everything that is reported.
type Redactor struct {
	values map[string]bool

	// What follows is made by Ready: the values in order, for each the place
	// of the longest other one that it begins with (-1 for none), and the first
	// two bytes that occur.
	sorted  []string
	shorter []int
	starts  map[[2]byte]bool
}

// Learn remembers a secret's value, and its lines one by one.
func (r *Redactor) Learn(value string) {
	if r.values == nil {
		r.values = map[string]bool{}
	}
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); len(line) >= minSecret && line != Masked && !r.values[line] {
			r.values[line] = true
		}
	}
}

// Ready prepares the masking; nothing is learnt after it.
func (r *Redactor) Ready() {
	r.sorted = slices.Sorted(maps.Keys(r.values))
	r.shorter = make([]int, len(r.sorted))
	r.starts = map[[2]byte]bool{}
	for i, value := range r.sorted {
		r.starts[[2]byte{value[0], value[1]}] = true
		before := i - 1
		for before >= 0 && !strings.HasPrefix(value, r.sorted[before]) {
			before = r.shorter[before]
		}
		r.shorter[i] = before
	}
}

// Redact masks every secret that is known in s; of two that begin at one
// place, the longer.
func (r *Redactor) Redact(s string) string {
	var b strings.Builder
	done := 0
	for at := 0; at+minSecret <= len(s); {
		n := r.longest(s[at:])
		if n == 0 {
			at++
			continue
		}
		b.WriteString(s[done:at])
		b.WriteString(Masked)
		at += n
		done = at
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// longest returns the length of the longest secret that s begins with. All
// such secrets begin the last one that isn't after s, too.
func (r *Redactor) longest(s string) int {
	if !r.starts[[2]byte{s[0], s[1]}] {
		return 0
	}
	i, exact := slices.BinarySearch(r.sorted, s)
	if exact {
		return len(s)
	}
	if i--; i < 0 {
		return 0
	}
	common := commonPrefix(r.sorted[i], s)
	for i >= 0 && len(r.sorted[i]) > common {
		i = r.shorter[i]
	}
	if i < 0 {
		return 0
	}
	return len(r.sorted[i])
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Len is how many values were learnt.
func (r *Redactor) Len() int { return len(r.values) }
