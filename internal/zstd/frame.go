package zstd

import "io"

// MaxWindow is the largest window that is read, as it is for the zstd program.
const MaxWindow = 128 << 20

const (
	magic         = 0xfd2fb528
	skippable     = 0x184d2a50 // to 0x184d2a5f
	skippableMask = 0xfffffff0
)

// A frame is what a frame's header says (RFC 8878, 3.1.1.1).
type frame struct {
	window  int    // how far back it refers
	size    uint64 // what it holds, where sized
	sized   bool
	checked bool // a checksum follows
}

// frame reads the next frame's header; skippable frames (3.1.2) are passed over
// before it. The error is io.EOF where there is none.
func (in *input) frame() (frame, error) {
	for {
		if in.offset > 0 && !in.have(1) && in.err == io.EOF {
			return frame{}, io.EOF
		}
		start := in.offset
		number, err := in.take(4)
		if err != nil {
			return frame{}, err
		}
		if number == magic {
			return in.frameHeader(start)
		}
		if number&skippableMask != skippable {
			return frame{}, &Error{start, corruption("no frame begins here")}
		}
		size, err := in.take(4)
		if err == nil {
			err = in.discard(int64(size))
		}
		if err != nil {
			return frame{}, err
		}
	}
}

// frameHeader reads what comes after the magic number at start.
func (in *input) frameHeader(start int64) (frame, error) {
	descriptor, err := in.take(1)
	if err != nil {
		return frame{}, err
	}
	single := descriptor>>5&1 == 1 // segment: the window is the content
	fields := [3]int{1, []int{0, 1, 2, 4}[descriptor&3], []int{0, 2, 4, 8}[descriptor>>6]}
	if single {
		fields[0] = 0
		fields[2] = max(fields[2], 1)
	}
	var values [3]uint64
	for i, n := range fields {
		if values[i], err = in.take(n); err != nil {
			return frame{}, err
		}
	}
	window, dictionary, size := values[0], values[1], values[2]
	if fields[2] == 2 {
		size += 256
	}
	if single {
		window = size
	} else {
		window = 1 << (10 + window>>3) / 8 * (8 + window&7)
	}
	switch {
	case descriptor>>3&1 == 1:
		return frame{}, &Error{start, corruption("the frame's header has a reserved bit set")}
	case dictionary != 0:
		return frame{}, &Error{start, DictionaryError(dictionary)}
	case window > MaxWindow:
		return frame{}, &Error{start, WindowError(window)}
	}
	return frame{int(window), size, fields[2] > 0, descriptor>>2&1 == 1}, nil
}
