package zstd

import (
	"encoding/binary"
	"math/bits"
)

const (
	leastMatch = 3
	enough     = 512 // the length of a match that is taken without looking for others
	treeBits   = 17
	shortBits  = 15
	shortReach = 1 << 17 // how far back a match of three bytes may be to be worth it
)

// A match is as many bytes as at so far back.
type match struct{ length, offset int32 }

// A finder finds matches. It keeps, for each hash of four bytes, a binary search
// tree of the places that have it: a place comes in as the root, so that what is
// recent is near the root, and the search that puts it there finds the matches.
type finder struct {
	roots []int32    // by hash of four bytes, the last place plus 1
	child [][2]int32 // by place, what sorts before and after it
	short []int32    // by hash of three bytes, the last place plus 1
	depth int        // how many places one is compared with
}

func newFinder(depth int) *finder {
	return &finder{make([]int32, 1<<treeBits), nil, make([]int32, 1<<shortBits), depth}
}

// slide follows the buffer, which loses its first window. What is kept of a
// place is by its remainder, and so stays where it is.
func (f *finder) slide() {
	for _, places := range [][]int32{f.roots, f.short} {
		for i, p := range places {
			places[i] = max(0, p-window)
		}
	}
	for i, c := range f.child {
		f.child[i] = [2]int32{max(0, c[0]-window), max(0, c[1]-window)}
	}
}

// common returns how many bytes at buf[i:] and buf[j:] are the same, at most n;
// j is before i.
func common(buf []byte, i, j, n int) int {
	k := 0
	for k+8 <= n {
		if x := binary.LittleEndian.Uint64(buf[i+k:]) ^ binary.LittleEndian.Uint64(buf[j+k:]); x != 0 {
			return k + bits.TrailingZeros64(x)>>3
		}
		k += 8
	}
	for k < n && buf[i+k] == buf[j+k] {
		k++
	}
	return k
}

// search puts buf[i:] in and appends the matches there, each longer than the one
// before it and, of its length, the nearest that was seen.
func (f *finder) search(matches []match, buf []byte, i int) []match {
	n := len(buf) - i
	if n < 8 {
		return matches
	}
	longest := leastMatch - 1
	v := binary.LittleEndian.Uint32(buf[i:])
	short := &f.short[v<<8*0x9e3779b1>>(32-shortBits)]
	if j := int(*short) - 1; j >= 0 && i-j < shortReach {
		if k := common(buf, i, j, n); k >= leastMatch {
			matches, longest = append(matches, match{int32(k), int32(i - j)}), k
		}
	}
	*short = int32(i + 1)
	for i >= len(f.child) && len(f.child) < window { // long matches are passed over
		f.child = append(f.child, make([][2]int32, max(len(f.child), maxBlock))...)
	}
	root := &f.roots[v*0x9e3779b1>>(32-treeBits)]
	j := int(*root) - 1
	*root = int32(i + 1)
	child := &f.child[i&(window-1)]
	before, after := &child[0], &child[1]
	sameBefore, sameAfter := 0, 0
	for range f.depth {
		if j < 0 || i-j >= window {
			break
		}
		k := min(sameBefore, sameAfter)
		k += common(buf, i+k, j+k, n-k)
		if k > longest {
			matches, longest = append(matches, match{int32(k), int32(i - j)}), k
		}
		child := &f.child[j&(window-1)]
		if k == n || k >= enough {
			*before, *after = child[0], child[1]
			return matches
		}
		if buf[j+k] < buf[i+k] {
			*before, before, sameBefore = int32(j+1), &child[1], k
			j = int(child[1]) - 1
		} else {
			*after, after, sameAfter = int32(j+1), &child[0], k
			j = int(child[0]) - 1
		}
	}
	*before, *after = 0, 0
	return matches
}
