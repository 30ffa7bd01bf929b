// Package jsontext writes values as JSON so that no two of them look the same. A
// file's name may have bytes that aren't UTF-8, which encoding/json all replaces
// by U+FFFD. Here U+FFFD is followed by two hexadecimal digits, the byte that it
// stands for; a U+FFFD that a string has itself is written as its three bytes.
// Other strings are as encoding/json has them.
package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Write appends value to b as [json.Encoder] writes it, without escapes for HTML
// and with that indentation.
func Write(b *bytes.Buffer, value any, prefix, indent string) error {
	start := b.Len()
	if err := encode(b, value, prefix, indent); err != nil {
		return err
	}
	text := b.Bytes()[start:]
	if !bytes.Contains(text, []byte(`\ufffd`)) && !bytes.Contains(text, []byte("\ufffd")) {
		return nil // as almost always
	}
	b.Truncate(start)
	return encode(b, told(reflect.ValueOf(value)).Interface(), prefix, indent)
}

func encode(b *bytes.Buffer, value any, prefix, indent string) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, indent)
	return e.Encode(value)
}

// told returns a copy of v in which strings tell their bytes.
func told(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		return reflect.ValueOf(Tell(v.String())).Convert(v.Type())
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Elem().Type())
		c.Elem().Set(told(v.Elem()))
		if v.Kind() == reflect.Pointer {
			return c
		}
		return c.Elem()
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		c.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(told(v.Field(i)))
			}
		}
		return c
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(told(v.Index(i)))
		}
		return c
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeMap(v.Type())
		for key, value := range v.Seq2() {
			c.SetMapIndex(told(key), told(value))
		}
		return c
	}
	return v
}

// Tell returns s as UTF-8, from which its bytes can be told.
func Tell(s string) string {
	if utf8.ValidString(s) && !strings.ContainsRune(s, utf8.RuneError) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != utf8.RuneError {
			b.WriteString(s[i : i+size])
		} else {
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, "\ufffd%02x", c)
			}
		}
		i += size
	}
	return b.String()
}
