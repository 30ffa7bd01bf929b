package tarscan

import (
	"bytes"
	"time"
)

// numbers parses octal fields; ok falls when one isn't the plain form that
// every tar writes, base-256 included.
type numbers struct{ ok bool }

func (n *numbers) parse(field []byte) int64 {
	field = bytes.Trim(field, " \x00")
	var x int64
	for _, c := range field {
		if c < '0' || c > '7' {
			n.ok = false
			return 0
		}
		x = x<<3 | int64(c-'0')
	}
	return x // at most 12 digits, 36 bits
}

// checksumOK reports whether the header's sum is right; the checksum field
// itself counts as spaces.
func checksumOK(b []byte) bool {
	n := numbers{ok: true}
	want := n.parse(b[148:156])
	var sum int64
	for _, c := range b[:148] {
		sum += int64(c)
	}
	for _, c := range b[156:blockSize] {
		sum += int64(c)
	}
	return n.ok && sum+8*' ' == want
}

func unixTime(seconds int64) time.Time { return time.Unix(seconds, 0) }
