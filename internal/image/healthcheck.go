package image

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// healthcheck turns the builders' printings of a Go struct into
// `--interval=30s --timeout=5s --retries=3 CMD ["app", "check"]`. Docker's
// classic builder and older BuildKits print
// `&{["CMD" "app" "check"] "30s" "5s" "0s" '\x03'}`, those since
// `{Test:[CMD app check] Interval:30s Timeout:5s StartPeriod:0s StartInterval:0s Retries:3}`,
// of which the configuration knows the words.
func healthcheck(s string, configured *Healthcheck) string {
	inner, ok := strings.CutSuffix(strings.TrimPrefix(s, "&"), "}")
	if !ok {
		return s
	}
	var words, values []string
	if test, ok := strings.CutPrefix(inner, "{Test:["); ok {
		words, values, ok = fieldsOfHealth(test, configured)
		if !ok {
			return s
		}
	} else if test, ok := strings.CutPrefix(inner, "{["); ok {
		words, values, ok = listOfHealth(test)
		if !ok {
			return s
		}
	}
	switch {
	case len(words) == 2 && words[0] == "CMD-SHELL":
		return healthcheckFlags(values) + "CMD " + words[1]
	case len(words) > 0 && words[0] == "CMD":
		return healthcheckFlags(values) + "CMD " + jsonWords(words[1:])
	case len(words) == 1:
		return healthcheckFlags(values) + words[0]
	}
	return s
}

// listOfHealth reads `"CMD" "app"] "30s" "5s" "0s" '\x03'`.
func listOfHealth(s string) (words, values []string, ok bool) {
	var rest string
	if words, rest, ok = cutWords(s); !ok {
		return nil, nil, false
	}
	values, ok = unquoteWords(rest)
	return words, values, ok
}

// fieldsOfHealth reads `CMD app check] Interval:30s … Retries:3`.
func fieldsOfHealth(s string, configured *Healthcheck) (words, values []string, ok bool) {
	end := strings.LastIndex(s, "] Interval:")
	if end < 0 {
		return nil, nil, false
	}
	test := s[:end]
	for _, field := range strings.Fields(s[end+1:]) {
		_, value, ok := strings.Cut(field, ":")
		if !ok {
			return nil, nil, false
		}
		values = append(values, value)
	}
	if configured != nil && strings.Join(configured.Test, " ") == test {
		return configured.Test, values, true
	}
	if command, ok := strings.CutPrefix(test, "CMD-SHELL "); ok {
		return []string{"CMD-SHELL", command}, values, true
	}
	return strings.Fields(test), values, true
}

// healthcheckFlags names the values in the order in which Go prints them; a
// record with the newer start interval has five.
func healthcheckFlags(values []string) string {
	names := []string{"interval", "timeout", "start-period", "retries"}
	if len(values) == 5 {
		names = []string{"interval", "timeout", "start-period", "start-interval", "retries"}
	}
	var flags strings.Builder
	for i, value := range values {
		if i < len(names) && value != "0s" && value != "0" {
			flags.WriteString("--" + names[i] + "=" + brief(value) + " ")
		}
	}
	return flags.String()
}

// brief writes a duration as people do: 1m0s is 1m.
func brief(value string) string {
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		return value
	case d%time.Hour == 0:
		return strings.TrimSuffix(value, "0m0s")
	case d%time.Minute == 0:
		return strings.TrimSuffix(value, "0s")
	}
	return value
}

// unquoteWords splits a list of Go literals: "strings", 'runes' and numbers. A
// rune stands for the number that it is.
func unquoteWords(s string) ([]string, bool) {
	words, rest, ok := cutWords(s)
	return words, ok && rest == ""
}

// cutWords is unquoteWords up to the first bracket that isn't in quotes, which
// it takes off.
func cutWords(s string) (words []string, rest string, ok bool) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if rest, ok := strings.CutPrefix(s, "]"); ok {
			return words, rest, true
		}
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			end := len(s)
			if at := strings.IndexAny(s, " ]"); at >= 0 {
				end = at
			}
			words, s = append(words, s[:end]), s[end:]
			continue
		}
		s = s[len(quoted):]
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, "", false
		}
		if quoted[0] == '\'' {
			r, _ := utf8.DecodeRuneInString(word) // strconv takes '' for a rune, too
			word = strconv.Itoa(int(r))
		}
		words = append(words, word)
	}
	return words, "", true
}
