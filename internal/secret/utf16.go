package secret

import (
	"io"
	"unicode/utf8"
)

// isUTF16 reports whether a content that begins with head is text in UTF-16; low
// is the place of the low byte in each pair.
func isUTF16(head []byte, low int) bool {
	if len(head) < 4 {
		return false
	}
	if mark := [2]byte{head[low], head[1-low]}; mark == [2]byte{0xff, 0xfe} {
		return true
	}
	// Without a mark: text whose high bytes are zero and low ones aren't.
	pairs, zeros := len(head)/2, 0
	for i := range pairs {
		if head[2*i+low] == 0 {
			return false
		}
		if head[2*i+1-low] == 0 {
			zeros++
		}
	}
	return pairs >= 8 && zeros >= pairs*3/4
}

// A utf16Reader makes UTF-8 of UTF-16; what isn't in the basic plane becomes
// replacement characters, as no secret is.
type utf16Reader struct {
	r    io.Reader
	high int // place of the high byte in each pair
	in   [4096]byte
	out  []byte
	buf  [2 * 4096]byte
	err  error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		var n int
		if n, u.err = io.ReadFull(u.r, u.in[:]); u.err == io.ErrUnexpectedEOF {
			u.err = io.EOF
		}
		u.out = u.buf[:0]
		for i := 0; i+1 < n; i += 2 {
			u.out = utf8.AppendRune(u.out, rune(u.in[i+u.high])<<8|rune(u.in[i+1-u.high]))
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}
