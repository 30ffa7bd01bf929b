package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"devops-go/internal/size"
)

// Unknown stands for a figure that isn't known.
const Unknown = "?"

// SizeOf writes a size that may not be known.
func SizeOf(bytes *int64) string {
	if bytes == nil {
		return Unknown
	}
	return size.Format(*bytes)
}

// Count writes a number that may not be known.
func Count(n *int) string {
	if n == nil {
		return Unknown
	}
	return strconv.Itoa(*n)
}

// Percent writes a share of one.
func Percent(share *float64) string {
	if share == nil {
		return Unknown
	}
	return fmt.Sprintf("%.1f %%", *share*100)
}

// Ago writes how long before now t was, in Docker's words.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	switch seconds, minutes, hours := int(d.Seconds()), int(d.Minutes()), int(d.Hours()+0.5); {
	case d < 0:
		return "in the future"
	case seconds < 1:
		return "Less than a second ago"
	case seconds == 1:
		return "1 second ago"
	case seconds < 60:
		return fmt.Sprintf("%d seconds ago", seconds)
	case minutes == 1:
		return "About a minute ago"
	case minutes < 60:
		return fmt.Sprintf("%d minutes ago", minutes)
	case hours == 1:
		return "About an hour ago"
	case hours < 48:
		return fmt.Sprintf("%d hours ago", hours)
	case hours < 24*7*2:
		return fmt.Sprintf("%d days ago", hours/24)
	case hours < 24*30*2:
		return fmt.Sprintf("%d weeks ago", hours/24/7)
	case hours < 24*365*2:
		return fmt.Sprintf("%d months ago", hours/24/30)
	}
	return fmt.Sprintf("%d years ago", int(d.Hours())/24/365)
}

// Quote returns s as it is where it is harmless to print, and quoted where a
// terminal could take it for something else.
func Quote(s string) string {
	if s == "" || strings.TrimSpace(s) != s || strings.ContainsFunc(s, unprintable) {
		return strconv.Quote(s)
	}
	return s
}

// unprintable holds for controls, invalid UTF-8 and the invisible letters that
// turn text round.
func unprintable(r rune) bool {
	if r > ' ' && r < unicode.MaxASCII {
		return r == '"'
	}
	return r == unicode.ReplacementChar || !strconv.IsPrint(r)
}

// OneLine returns text on one line, runs of white space as one space, and what
// a terminal could take for something else escaped.
func OneLine(text string) string { return Escape(strings.Join(strings.Fields(text), " ")) }

// Escape returns text with what a terminal could take for something else
// escaped.
func Escape(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r != '"' && unprintable(r) }) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '"' || !unprintable(r):
			b.WriteRune(r)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
