// Package size parses and formats sizes in bytes. It formats them in SI units, like
// Docker, and also parses binary units.
package size

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a number of bytes. In JSON it is a number; a string with a unit, as
// "2.3MB", is understood.
type Bytes int64

// Parse parses 2300000, 2.3MB or 64MiB.
func Parse(text string) (Bytes, error) {
	number := strings.TrimRight(text, "BKMGTPEbkmgtpei ")
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(value >= 0) {
		return 0, fmt.Errorf("size %q: want a number with a unit, as 2.3MB or 64MiB", text)
	}
	factor := map[string]float64{
		"": 1, "b": 1,
		"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	if factor == 0 {
		return 0, fmt.Errorf("size %q: unknown unit", text)
	}
	if value = math.Round(value * factor); !(value < 1<<62) {
		return 0, fmt.Errorf("size %q: too large", text)
	}
	return Bytes(value), nil
}

// String has SI units and three digits, as 7.80 MB.
func (b Bytes) String() string {
	sign := ""
	if b < 0 {
		sign, b = "-", -b
	}
	if b < 1000 {
		return sign + strconv.FormatInt(int64(b), 10) + " B"
	}
	value := float64(b)
	decimals := func(n int) string { return sign + strconv.FormatFloat(value, 'f', n, 64) }
	for _, unit := range [...]string{" kB", " MB", " GB", " TB", " PB", " EB"} {
		value /= 1000
		switch {
		case value < 9.995:
			return decimals(2) + unit
		case value < 99.95:
			return decimals(1) + unit
		case value < 999.5 || unit == " EB":
			return decimals(0) + unit
		}
	}
	return ""
}

// Format is the String of a plain number.
func Format(bytes int64) string { return Bytes(bytes).String() }

// UnmarshalJSON takes a number or a string.
func (b *Bytes) UnmarshalJSON(raw []byte) error {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
	}
	parsed, err := Parse(text)
	*b = parsed
	return err
}
