package zstd

import (
	"errors"
	"fmt"
	"io"
)

// An Error says what is wrong with a stream and where. It wraps
// [io.ErrUnexpectedEOF] for a stream that ends too early, [ErrChecksum], a
// [DictionaryError], a [WindowError], or says what the format doesn't allow.
type Error struct {
	// Offset is where in the compressed stream the fault was seen.
	Offset int64
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("zstd: byte %d: %v", e.Offset, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// ErrChecksum is the fault of a frame whose content isn't what its checksum says.
var ErrChecksum = errors.New("the content's checksum is wrong")

// A DictionaryError is the fault of a frame that was compressed with a
// dictionary, which it names by its ID.
type DictionaryError uint32

func (e DictionaryError) Error() string {
	return fmt.Sprintf("the frame needs dictionary %d, which isn't here", uint32(e))
}

// A WindowError is the fault of a frame that wants more memory than MaxWindow.
type WindowError uint64

func (e WindowError) Error() string {
	return fmt.Sprintf("the frame needs a window of %d bytes, more than %d", uint64(e), MaxWindow)
}

// corruption is what the format doesn't allow.
type corruption string

func (e corruption) Error() string { return string(e) }

// fault returns an error of what is at index i of the input's buffer.
func (in *input) fault(i int, what corruption) error {
	return &Error{Offset: in.offset + int64(i-in.next), Err: what}
}

// truncated returns what r below said, an end as an error of where it came.
func (in *input) truncated() error {
	if in.err == io.EOF {
		return &Error{Offset: in.offset + int64(in.end-in.next), Err: io.ErrUnexpectedEOF}
	}
	return in.err
}
