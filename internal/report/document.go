package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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
	return "", fmt.Errorf("format %q: want table, json or markdown", s)
}

// schema is the version of the JSON documents; it rises when a key changes its
// meaning or goes away.
const schema = 1

// A Document is a result that can be written in every format.
type Document struct {
	Tables []*Table
	// Value is a struct that is the JSON document, but for its "schema".
	Value any
}

// Write writes the document.
func (d Document) Write(w io.Writer, format Format, screen Screen) error {
	if format == JSON {
		return writeJSON(w, d.Value)
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

// writeJSON writes the object that value is, with "schema" as its first key.
func writeJSON(w io.Writer, value any) error {
	var plain, indented bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	object := fmt.Appendf(nil, `{"schema":%d,%s`, schema, plain.Bytes()[1:])
	if err := json.Indent(&indented, object, "", "  "); err != nil {
		return err
	}
	_, err := indented.WriteTo(w)
	return err
}
