// Package jsonenc appends JSON text (RFC 8259) to a byte slice. It stands in
// for encoding/json in the appliance, whose reflection costs image bytes
// (SIZE_REPORT.md has the figure). Reading JSON is left to others.
package jsonenc

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// A Buffer is JSON text in the making. Begin and End nest; commas place
// themselves. The zero Buffer is empty and ready to use.
type Buffer []byte

// Begin opens an object ('{') or an array ('[').
func (b *Buffer) Begin(bracket byte) {
	b.separate()
	*b = append(*b, bracket)
}

// End closes an object ('}') or an array (']').
func (b *Buffer) End(bracket byte) { *b = append(*b, bracket) }

// Key appends the name of an object's next member. It must need no escaping.
func (b *Buffer) Key(name string) {
	b.separate()
	*b = append(*b, '"')
	*b = append(*b, name...)
	*b = append(*b, `":`...)
}

// String appends s as a string; what is not UTF-8 becomes U+FFFD.
func (b *Buffer) String(s string) {
	b.separate()
	*b = append(appendEscaped(append(*b, '"'), s), '"')
}

// Int appends n as a number.
func (b *Buffer) Int(n int64) {
	b.separate()
	*b = strconv.AppendInt(*b, n, 10)
}

// Float appends f, which must be finite, as the shortest number that reads
// back as f.
func (b *Buffer) Float(f float64) {
	b.separate()
	*b = strconv.AppendFloat(*b, f, 'f', -1, 64)
}

// Bool appends true or false.
func (b *Buffer) Bool(v bool) {
	b.separate()
	*b = strconv.AppendBool(*b, v)
}

// Null appends null.
func (b *Buffer) Null() {
	b.separate()
	*b = append(*b, "null"...)
}

// Time appends t in UTC to the second, as RFC 3339 has it: 2006-01-02T15:04:05Z.
func (b *Buffer) Time(t time.Time) {
	b.separate()
	*b = append(*b, '"')
	*b = append(t.UTC().AppendFormat(*b, time.RFC3339), '"')
}

// Field appends a member with a string value.
func (b *Buffer) Field(name, value string) {
	b.Key(name)
	b.String(value)
}

// IntField appends a member with a number value.
func (b *Buffer) IntField(name string, value int64) {
	b.Key(name)
	b.Int(value)
}

// separate appends the comma that a further value or member needs.
func (b *Buffer) separate() {
	if n := len(*b); n > 0 {
		switch (*b)[n-1] {
		case '{', '[', ':':
		default:
			*b = append(*b, ',')
		}
	}
}

const hex = "0123456789abcdef"

func appendEscaped(dst []byte, s string) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, r)
		i += size
		start = i
	}
	return append(dst, s[start:]...)
}

// appendEscape appends the escape of a control character, a quote, a backslash
// or of utf8.RuneError.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
