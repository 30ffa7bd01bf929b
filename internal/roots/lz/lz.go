// Package lz is a small LZ77 compressor: it replaces what has occurred before by
// a distance and a length, and leaves the rest as it is. compress/flate
// compresses better, but its decoder is 20 kB larger (SIZE_REPORT.md), which is
// why the appliance's roots are packed with this one.
//
// A byte n below 128 is followed by n+1 literal bytes. A byte n of 128 or more is
// followed by a distance in two bytes, big endian, and stands for n-124 bytes
// copied from that far back in the output.
package lz

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

const (
	maxLiterals = 128
	minMatch    = 4
	maxMatch    = 255 - 124
	maxDistance = math.MaxUint16
)

// Compress returns data in fewer bytes, or in at most one more for every 128.
func Compress(data []byte) []byte {
	var out, literals []byte
	flush := func() {
		for chunk := range slices.Chunk(literals, maxLiterals) {
			out = append(append(out, byte(len(chunk)-1)), chunk...)
		}
		literals = nil
	}
	seen := map[[minMatch]byte][]int{}
	remember := func(i int) {
		if i+minMatch <= len(data) {
			key := [minMatch]byte(data[i:])
			seen[key] = append(seen[key], i)
		}
	}
	for i := 0; i < len(data); {
		at, length := longestMatch(data, i, seen)
		if length < minMatch {
			literals = append(literals, data[i])
			remember(i)
			i++
			continue
		}
		flush()
		out = binary.BigEndian.AppendUint16(append(out, byte(length+124)), uint16(i-at))
		for range length {
			remember(i)
			i++
		}
	}
	flush()
	return out
}

func longestMatch(data []byte, i int, seen map[[minMatch]byte][]int) (at, length int) {
	if i+minMatch > len(data) {
		return 0, 0
	}
	for _, j := range slices.Backward(seen[[minMatch]byte(data[i:])]) {
		if i-j > maxDistance {
			break
		}
		n := 0
		for n < maxMatch && i+n < len(data) && data[j+n] == data[i+n] {
			n++
		}
		if n > length {
			at, length = j, n
		}
	}
	return at, length
}

var errCorrupt = errors.New("lz: corrupt data")

// Expand returns what Compress was given.
func Expand(packed []byte) (plain []byte, err error) {
	for len(packed) > 0 {
		n := int(packed[0])
		if n < maxLiterals {
			if len(packed) < n+2 {
				return nil, errCorrupt
			}
			plain = append(plain, packed[1:n+2]...)
			packed = packed[n+2:]
			continue
		}
		if len(packed) < 3 {
			return nil, errCorrupt
		}
		from := len(plain) - int(binary.BigEndian.Uint16(packed[1:]))
		if from < 0 || from == len(plain) {
			return nil, errCorrupt
		}
		for i := range n - 124 { // a copy may run into what it writes
			plain = append(plain, plain[from+i])
		}
		packed = packed[3:]
	}
	return plain, nil
}
