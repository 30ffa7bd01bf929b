package audit

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Size is bytes; in JSON a number, or a string with a unit as "2.3MB".
type Size int64

// ParseSize parses 2300000, 2.3MB or 64MiB.
func ParseSize(text string) (Size, error) {
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
	return Size(value), nil
}

// UnmarshalJSON takes a number or a string.
func (s *Size) UnmarshalJSON(b []byte) error {
	text := string(b)
	if strings.HasPrefix(text, `"`) {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	parsed, err := ParseSize(text)
	*s = parsed
	return err
}
