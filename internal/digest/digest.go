// Package digest implements the digests of the OCI specifications (image-spec,
// descriptor.md, section "Digests"): it parses and computes them, and verifies
// content while it is being read.
package digest

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"
)

// A Digest is an algorithm and the lower-case hexadecimal sum of some content.
// Digests compare with ==; the zero Digest names nothing.
type Digest struct{ s string }

// Parse accepts the two registered algorithms, sha256 and sha512, and nothing
// else, so that a Digest is safe as a file name.
func Parse(s string) (Digest, error) {
	algorithm, sum, ok := strings.Cut(s, ":")
	if !ok {
		return Digest{}, fmt.Errorf("digest %q: want ALGORITHM:HEX", clip(s))
	}
	var size int
	switch algorithm {
	case "sha256":
		size = sha256.Size
	case "sha512":
		size = sha512.Size
	default:
		return Digest{}, fmt.Errorf("digest %q: unsupported algorithm, want sha256 or sha512", clip(s))
	}
	if len(sum) != 2*size || strings.Trim(sum, "0123456789abcdef") != "" {
		return Digest{}, fmt.Errorf("digest %q: want %s and %d lower-case hexadecimal digits", clip(s), algorithm, 2*size)
	}
	return Digest{s}, nil
}

// clip keeps a hostile digest from flooding an error message.
func clip(s string) string {
	if len(s) > 160 {
		return s[:160] + "…"
	}
	return s
}

// FromBytes returns the sha256 digest of b.
func FromBytes(b []byte) Digest {
	sum := sha256.Sum256(b)
	return FromSum(sum[:])
}

// FromSum returns the Digest whose sha256 sum is sum, 32 bytes.
func FromSum(sum []byte) Digest { return Digest{"sha256:" + hex.EncodeToString(sum)} }

// Of returns the Digest that h, a hash of like's algorithm, has come to.
func Of(like Digest, h hash.Hash) Digest {
	return Digest{like.Algorithm() + ":" + hex.EncodeToString(h.Sum(nil))}
}

// String returns "algorithm:hex", or "" for the zero Digest.
func (d Digest) String() string { return d.s }

// IsZero reports whether d names nothing.
func (d Digest) IsZero() bool { return d.s == "" }

// Algorithm returns "sha256" or "sha512".
func (d Digest) Algorithm() string {
	algorithm, _, _ := strings.Cut(d.s, ":")
	return algorithm
}

// Hex returns the sum in lower-case hexadecimal.
func (d Digest) Hex() string {
	_, sum, _ := strings.Cut(d.s, ":")
	return sum
}

// Short returns the first twelve digits of the sum, as Docker prints them.
func (d Digest) Short() string {
	if h := d.Hex(); len(h) > 12 {
		return h[:12]
	}
	return d.Hex()
}

// Hash returns a new hash of d's algorithm.
func (d Digest) Hash() hash.Hash {
	if d.Algorithm() == "sha512" {
		return sha512.New()
	}
	return sha256.New()
}

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.s), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; the empty text is the
// zero Digest.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Digest{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Verify returns a reader of r's content that reports io.EOF only once size
// bytes with digest d have been read; anything else is an error, which doesn't name
// the blob: whoever reads it knows what it is. A negative size is not checked.
func (d Digest) Verify(r io.Reader, size int64) io.Reader {
	return &verifier{r: r, want: d, size: size, hash: d.Hash()}
}

type verifier struct {
	r    io.Reader
	want Digest
	size int64
	read int64
	hash hash.Hash
	err  error
}

func (v *verifier) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	n, err := v.r.Read(p)
	v.hash.Write(p[:n])
	v.read += int64(n)
	switch {
	case v.size >= 0 && v.read > v.size:
		err = fmt.Errorf("longer than its %d bytes", v.size)
	case err == io.EOF:
		err = v.finish()
	}
	v.err = err
	return n, err
}

func (v *verifier) finish() error {
	if v.size >= 0 && v.read < v.size {
		return fmt.Errorf("%d bytes of %d: %w", v.read, v.size, io.ErrUnexpectedEOF)
	}
	sum := v.hash.Sum(nil)
	if want, _ := hex.DecodeString(v.want.Hex()); !bytes.Equal(sum, want) {
		return fmt.Errorf("content has digest %s:%x", v.want.Algorithm(), sum)
	}
	return io.EOF
}
