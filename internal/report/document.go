package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"devops-go/internal/jsontext"
)

// A Format is a way to write a document.
type Format string

// The formats.
const (
	Text     Format = "table"
	JSON     Format = "json"
	Markdown Format = "markdown"
)

// ParseFormat parses the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Text, JSON, Markdown:
		return f, nil
	}
	return "", unknownFormat(Format(s))
}

// unknownFormat is the error of a format that a document hasn't got.
func unknownFormat(f Format) error {
	return fmt.Errorf("format %q: want table, json or markdown", string(f))
}

// schema is the version of the JSON documents. It increases when a key is removed or
// changes its meaning.
const schema = 1

// A Document is a result that can be written in every format.
type Document struct {
	Tables []*Table
	// Value is a struct that is the JSON document, but for its "schema".
	Value any
	// Items, if set, yields the array "items" that ends the JSON document, which
	// may be too long to be kept.
	Items iter.Seq[any]
}

// WithNote returns the document with a note more, below the last table.
func (d Document) WithNote(note string) Document {
	last := len(d.Tables) - 1
	t := *d.Tables[last]
	t.Notes = append(slices.Clone(t.Notes), note)
	d.Tables = append(slices.Clone(d.Tables[:last]), &t)
	return d
}

// Write writes the document.
func (d Document) Write(w io.Writer, format Format, screen Screen) error {
	switch format {
	case Text, Markdown:
	case JSON:
		if d.Items != nil {
			return writeList(w, d.Value, d.Items)
		}
		return writeJSON(w, d.Value)
	default:
		return unknownFormat(format)
	}
	for i, t := range d.Tables {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		var err error
		if format == Markdown {
			err = t.Markdown(w)
		} else {
			err = t.Text(w, screen)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes the object that value is.
func writeJSON(w io.Writer, value any) error {
	text, err := object(value)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// object returns the object that value is, with "schema" as its first key.
func object(value any) ([]byte, error) {
	var text bytes.Buffer
	if err := jsontext.Write(&text, value, "", "  "); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "{\n  \"schema\": %d,%s", schema, escapeJSON(text.Bytes()[1:])), nil
}

// writeList writes the object that value is with the array "items" as its last
// key.
func writeList(w io.Writer, value any, items iter.Seq[any]) error {
	text, err := object(value)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 64<<10)
	b.Write(bytes.TrimSuffix(text, []byte("\n}\n")))
	b.WriteString(",\n  \"items\": ")
	if err := writeItems(b, items); err != nil {
		return err
	}
	b.WriteString("\n}\n")
	return b.Flush()
}

// writeItems writes an array, one item after the other.
func writeItems(b *bufio.Writer, items iter.Seq[any]) error {
	var text bytes.Buffer
	separator := "[\n    "
	for item := range items {
		b.WriteString(separator)
		text.Reset()
		if err := jsontext.Write(&text, item, "    ", "  "); err != nil {
			return err
		}
		b.Write(escapeJSON(bytes.TrimSuffix(text.Bytes(), []byte("\n"))))
		separator = ",\n    "
	}
	if separator[0] == '[' {
		b.WriteString("[]")
	} else {
		b.WriteString("\n  ]")
	}
	return nil
}

// escapeJSON escapes what a terminal could take for something else: the rules of
// JSON are content with escapes below U+0020.
func escapeJSON(text []byte) []byte {
	if ascii(text) {
		return text
	}
	harmless := func(r rune) bool { return r < 0x7f || !unprintable(r) }
	var escaped []byte
	for _, r := range string(text) {
		switch {
		case harmless(r):
			escaped = utf8.AppendRune(escaped, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		default:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		}
	}
	return escaped
}

// ascii reports whether text is of ASCII without DEL, as almost every one is.
func ascii(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f {
			return false
		}
	}
	return true
}
