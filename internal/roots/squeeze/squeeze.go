// Package squeeze shortens data by copies of what it has already said. It does
// less than compress/flate does, but its reader is 20 kB smaller, which is why
// the appliance's roots are packed with it.
//
// In squeezed data, a byte below 128 is followed by that many bytes and one more,
// as they are. Another byte is followed by a distance, two bytes, big endian: so
// far back begins what is to be repeated, as many bytes as the first byte less
// 124.
package squeeze

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

// Squeeze returns data in fewer bytes.
func Squeeze(data []byte) []byte {
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

var errCorrupt = errors.New("squeezed data is corrupt")

// Expand returns what Squeeze was given.
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
