package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Template is a format as docker history takes it: text with placeholders,
// on a line of its own for each row, after "table " with a line of headings. A
// placeholder is {{.Name}}, {{json .Name}}, {{json .}}, {{upper .Name}},
// {{lower .Name}} or {{truncate .Name 20}}; further functions may follow after a
// bar, as {{.Name | json}}, and {{- and -}} take white space away.
type Template struct {
	parts []templatePart
	table bool
}

// A templatePart is text, or a placeholder.
type templatePart struct {
	text  string
	name  string // of the placeholder, "." for all; empty for text
	funcs []func(string) string
}

// placeholders are what rows can show, with the heading of each.
var placeholders = map[string]string{
	"ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY", "Size": "SIZE", "Comment": "COMMENT",
	"Instruction": "INSTRUCTION", "Transfer": "TRANSFER", "Files": "FILES", "Dead": "DEAD", "Digest": "LAYER",
}

// ParseTemplate parses a template; it has to have a placeholder.
func ParseTemplate(s string) (*Template, error) {
	t := &Template{}
	s, t.table = strings.CutPrefix(s, "table ")
	s = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(s)
	if !strings.Contains(s, "{{") {
		return nil, fmt.Errorf("format %q: want table, json, markdown or a template with {{.Name}}", s)
	}
	for s != "" {
		text, rest, found := strings.Cut(s, "{{")
		if strings.HasPrefix(rest, "- ") {
			text, rest = strings.TrimRight(text, " \t\n"), rest[1:]
		}
		t.parts = append(t.parts, templatePart{text: text})
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("format: {{%s isn't closed", rest)
		}
		if trimmed, ok := strings.CutSuffix(inner, " -"); ok {
			inner, after = trimmed, strings.TrimLeft(after, " \t\n")
		}
		part, err := parsePlaceholder(strings.TrimSpace(inner))
		if err != nil {
			return nil, err
		}
		t.parts, s = append(t.parts, part), after
	}
	return t, nil
}

// parsePlaceholder parses what stands between the braces.
func parsePlaceholder(s string) (templatePart, error) {
	first, more, piped := strings.Cut(s, "|")
	var part templatePart
	var calls [][]string
	for _, word := range strings.Fields(first) {
		switch {
		case strings.HasPrefix(word, ".") && part.name == "":
			part.name = word
		case len(calls) == 0:
			calls = append(calls, []string{word})
		default:
			calls[0] = append(calls[0], word)
		}
	}
	for piped {
		first, more, piped = strings.Cut(more, "|")
		calls = append(calls, strings.Fields(first))
	}
	known := part.name == "." && slices.EqualFunc(calls, [][]string{{"json"}}, slices.Equal)
	if part.name != "." {
		part.name = strings.TrimPrefix(part.name, ".")
		_, known = placeholders[part.name]
	}
	for _, call := range calls {
		f := templateFunc(call)
		part.funcs, known = append(part.funcs, f), known && f != nil
	}
	if !known {
		names := slices.Sorted(maps.Keys(placeholders))
		return part, fmt.Errorf("format: {{%s}} is not known, only .%s, and json, upper, lower and truncate of them", s, strings.Join(names, ", ."))
	}
	return part, nil
}

// templateFunc returns the function that a call such as truncate 20 is, nil
// where there is none.
func templateFunc(call []string) func(string) string {
	switch {
	case len(call) == 1 && call[0] == "json":
		return func(s string) string { return jsonText(s) }
	case len(call) == 1 && call[0] == "upper":
		return strings.ToUpper
	case len(call) == 1 && call[0] == "lower":
		return strings.ToLower
	case len(call) == 2 && call[0] == "truncate":
		if n, err := strconv.Atoi(call[1]); err == nil && n >= 0 {
			return func(s string) string { return string([]rune(s)[:min(n, utf8.RuneCountInString(s))]) }
		}
	}
	return nil
}

func (t *Template) line(values map[string]string) string {
	var b strings.Builder
	for _, part := range t.parts {
		b.WriteString(part.value(values))
	}
	return b.String()
}

// headings is the line of titles.
func (t *Template) headings() string {
	var b strings.Builder
	for _, part := range t.parts {
		part.funcs = nil
		b.WriteString(part.value(placeholders))
	}
	return b.String()
}

func (p templatePart) value(values map[string]string) string {
	switch p.name {
	case "":
		return p.text
	case ".":
		return jsonText(values)
	}
	value := values[p.name]
	for _, f := range p.funcs {
		value = f(value)
	}
	return value
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings only
	}
	return string(b)
}
