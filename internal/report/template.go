package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/layers"
)

// A Template is a format as docker history takes it: text with {{.Name}},
// {{json .Name}} and {{json .}}, on a line of its own for each row, after
// "table " with a line of headings.
type Template struct {
	parts []templatePart
	table bool
}

// A templatePart is text, or a placeholder.
type templatePart struct {
	text string
	name string // of the placeholder, "." for all; empty for text
	json bool
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
		t.parts = append(t.parts, templatePart{text: text})
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("format: {{%s isn't closed", rest)
		}
		part, err := parsePlaceholder(strings.TrimSpace(inner))
		if err != nil {
			return nil, err
		}
		t.parts, s = append(t.parts, part), after
	}
	return t, nil
}

func parsePlaceholder(s string) (templatePart, error) {
	rest, isJSON := strings.CutPrefix(s, "json ")
	name, dotted := strings.CutPrefix(strings.TrimSpace(rest), ".")
	if dotted && name == "" && isJSON {
		return templatePart{name: ".", json: true}, nil
	}
	if _, known := placeholders[name]; !dotted || !known {
		names := slices.Sorted(maps.Keys(placeholders))
		return templatePart{}, fmt.Errorf("format: {{%s}} is not known, only .%s", s, strings.Join(names, ", ."))
	}
	return templatePart{name: name, json: isJSON}, nil
}

// HistoryLines writes a history by the template.
func (t *Template) HistoryLines(h layers.History, configDigest string, view HistoryView) string {
	rows := slices.Clone(h.Rows)
	ids := make([]string, len(rows))
	for i := range ids {
		ids[i] = "<missing>"
	}
	if len(ids) > 0 {
		ids[len(ids)-1] = shortID(configDigest, view)
	}
	if !view.OldestFirst {
		slices.Reverse(rows)
		slices.Reverse(ids)
	}
	var lines []string
	if t.table {
		lines = append(lines, t.line(placeholders))
	}
	for i, row := range rows {
		lines = append(lines, t.line(rowValues(row, ids[i], view)))
	}
	if t.table {
		return align(lines)
	}
	return strings.Join(lines, "\n") + "\n"
}

func shortID(digest string, view HistoryView) string {
	if view.NoTrunc {
		return digest
	}
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(12, len(hex))]
}

func (t *Template) line(values map[string]string) string {
	var b strings.Builder
	for _, part := range t.parts {
		switch {
		case part.name == "":
			b.WriteString(part.text)
		case part.name == ".":
			b.WriteString(jsonText(values))
		case part.json:
			b.WriteString(jsonText(values[part.name]))
		default:
			b.WriteString(values[part.name])
		}
	}
	return b.String()
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings only
	}
	return string(b)
}

// dockerTrunc is how much of an instruction docker history shows.
const dockerTrunc = 45

func rowValues(row layers.Row, id string, view HistoryView) map[string]string {
	values := map[string]string{
		"ID": id, "CreatedSince": "N/A", "CreatedAt": "N/A", "CreatedBy": OneLine(row.CreatedBy), "Comment": OneLine(row.Comment),
		"Instruction": OneLine(row.Instruction), "Size": SizeOf(row.Size), "Transfer": SizeOf(row.Transfer), "Dead": SizeOf(row.Dead),
		"Files": Count(row.Files), "Digest": layerDigest(row, view),
	}
	if row.Created != nil {
		values["CreatedSince"] = Ago(*row.Created, view.Now)
		values["CreatedAt"] = row.Created.UTC().Format(time.RFC3339)
	}
	if row.EmptyLayer {
		for _, name := range []string{"Size", "Transfer", "Dead"} {
			values[name] = Size(0)
		}
		values["Files"] = strconv.Itoa(0)
	}
	if !view.NoTrunc {
		for _, name := range []string{"CreatedBy", "Instruction"} {
			values[name] = clip(values[name], dockerTrunc)
		}
	}
	return values
}

// align puts the cells of lines, which tabs part, under each other.
func align(lines []string) string {
	var t Table
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		for len(t.Columns) < len(cells) {
			t.Columns = append(t.Columns, Column{})
		}
		t.Add(cells...)
	}
	for i := range t.Rows {
		for len(t.Rows[i].Cells) < len(t.Columns) {
			t.Rows[i].Cells = append(t.Rows[i].Cells, "")
		}
	}
	var b strings.Builder
	if err := t.Text(&b, Screen{}); err != nil {
		panic(err) // a Builder doesn't fail
	}
	return b.String()
}
