package image

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// tidy puts the builders' renderings of Go values back into a Dockerfile's
// form; c may be nil.
func tidy(s string, c *RunConfig) string {
	keyword, rest, _ := strings.Cut(s, " ")
	rest = strings.TrimSpace(rest)
	known := c
	if c == nil {
		known = new(RunConfig)
	}
	switch keyword {
	case "EXPOSE":
		rest = mapKeys(rest)
	case "VOLUME":
		rest = wordsOf(rest, func(inner string) []string { return volumes(inner, known.Volumes) })
	case "SHELL":
		rest = wordsOf(rest, joined(known.Shell))
	case "CMD":
		rest = wordsOf(rest, joined(known.Cmd))
	case "ENTRYPOINT":
		rest = wordsOf(rest, joined(known.Entrypoint))
	case "ENV":
		if c != nil {
			rest = quotePairs(rest, environ(c.Env))
		}
	case "LABEL":
		if c != nil {
			rest = quotePairs(rest, c.Labels)
		}
	case "ADD", "COPY":
		// The classic builder records "ADD file:SUM in DESTINATION".
		if from, to, ok := strings.Cut(rest, " in "); ok && isSum(from) {
			rest = from + " " + to
		}
	case "HEALTHCHECK":
		rest = healthcheck(rest, known.Healthcheck)
	}
	return strings.TrimSpace(keyword + " " + rest)
}

func isSum(s string) bool {
	kind, sum, ok := strings.Cut(s, ":")
	return ok && (kind == "file" || kind == "dir" || kind == "multi") && !strings.Contains(sum, " ")
}

// mapKeys turns "map[80/tcp:{} 443/tcp:{}]" into "80/tcp 443/tcp", and
// "[80/tcp]" likewise.
func mapKeys(s string) string {
	inner, ok := strings.CutSuffix(s, "]")
	if !ok {
		return s
	}
	if _, inner, ok = strings.Cut(inner, "["); !ok {
		return s
	}
	return strings.ReplaceAll(inner, ":{}", "")
}

// wordsOf turns a printed Go slice, `["/bin/sh" "-c"]` or "[/bin/sh -c]", into
// the JSON of its words. What is JSON already, and what is no list, stays as it
// is. Where the words aren't quoted, split tells them apart.
func wordsOf(s string, split func(inner string) []string) string {
	inner, ok := strings.CutPrefix(s, "[")
	inner, ok2 := strings.CutSuffix(inner, "]")
	if !ok || !ok2 || json.Valid([]byte(s)) {
		return s
	}
	if strings.HasPrefix(inner, `"`) {
		words, ok := unquoteWords(inner)
		if !ok {
			return s
		}
		return jsonWords(words)
	}
	return jsonWords(split(inner))
}

// jsonWords writes the exec form.
func jsonWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(word); err != nil {
			panic(err) // a string
		}
		quoted[i] = strings.TrimSuffix(b.String(), "\n")
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// joined splits a list like the configured one, which may have spaces in its
// words, and any other at the spaces.
func joined(configured []string) func(string) []string {
	return func(inner string) []string {
		if len(configured) > 0 && strings.Join(configured, " ") == inner {
			return configured
		}
		return strings.Fields(inner)
	}
}

// volumes splits a list of mount points: each is one of those configured, else
// it ends where another absolute path begins.
func volumes(inner string, configured map[string]struct{}) []string {
	var list []string
	for inner = strings.TrimSpace(inner); inner != ""; inner = strings.TrimSpace(inner) {
		word := ""
		for volume := range configured {
			if len(volume) > len(word) && strings.HasPrefix(inner+" ", volume+" ") {
				word = volume
			}
		}
		if word == "" {
			word, _, _ = strings.Cut(inner, " ")
			if end := strings.Index(inner, " /"); strings.HasPrefix(inner, "/") {
				word = inner
				if end >= 0 {
					word = inner[:end]
				}
			}
		}
		list, inner = append(list, word), inner[len(word):]
	}
	return list
}

func environ(env []string) map[string]string {
	values := make(map[string]string, len(env))
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

// quotePairs quotes the values of "A=x y B=z", which Docker's builders record
// bare, where a Dockerfile needs it. A record of the line as it was written
// (podman's), or in the form "NAME VALUE", stays as it is.
func quotePairs(record string, configured map[string]string) string {
	var pairs []string
	for rest := record; rest != ""; {
		name, value, more, ok := cutPair(rest, configured)
		if !ok {
			return record
		}
		if value != configured[name] && strings.ContainsAny(value, `"'\$`) {
			return record
		}
		pairs = append(pairs, quoteWord(name)+"="+quoteWord(value))
		rest = more
	}
	return strings.Join(pairs, " ")
}

// cutPair takes the first pair off: its value is the configured one if another
// pair or nothing follows that, else it ends where another pair begins.
func cutPair(s string, configured map[string]string) (name, value, rest string, ok bool) {
	name, after, ok := strings.Cut(s, "=")
	if !ok || !isPairName(name) {
		if name = longestKey(s, configured); name == "" {
			return "", "", "", false
		}
		after = s[len(name)+1:]
	}
	if value, ok := configured[name]; ok {
		rest, follows := strings.CutPrefix(after+" ", value+" ")
		if rest = strings.TrimSuffix(rest, " "); follows && (rest == "" || beginsPair(rest, configured)) {
			return name, value, rest, true
		}
	}
	for at := 0; ; {
		space := strings.IndexByte(after[at:], ' ')
		if space < 0 {
			return name, after, "", true
		}
		at += space + 1
		if beginsPair(after[at:], configured) {
			return name, after[:at-1], after[at:], true
		}
	}
}

func beginsPair(s string, configured map[string]string) bool {
	name, _, ok := strings.Cut(s, "=")
	return ok && isPairName(name) || longestKey(s, configured) != ""
}

// longestKey returns the key of a pair of which configured has the name.
func longestKey(s string, configured map[string]string) string {
	found := ""
	for key := range configured {
		if len(key) > len(found) && strings.HasPrefix(s, key+"=") {
			found = key
		}
	}
	return found
}

// isPairName reports whether s may be the name of a variable or a label. Some
// that may isn't recognised: what stands in the middle of values would be, too.
func isPairName(s string) bool {
	return s != "" && s[0] != '-' && !slices.ContainsFunc([]byte(s), func(b byte) bool {
		letter := b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9'
		return !letter && !strings.ContainsRune("_.-/", rune(b))
	})
}

// quoteWord quotes a word where a Dockerfile needs it.
func quoteWord(s string) string {
	if !strings.ContainsAny(s, " \t\n\"'\\$") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(s) + `"`
}
