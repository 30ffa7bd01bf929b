package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/layers"
)

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
		lines = append(lines, t.headings())
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

// dockerTrunc is how much of an instruction docker history shows.
const dockerTrunc = 45

func rowValues(row layers.Row, id string, view HistoryView) map[string]string {
	values := map[string]string{
		"ID": id, "CreatedSince": "N/A", "CreatedAt": "N/A", "CreatedBy": OneLine(row.CreatedBy), "Comment": OneLine(row.Comment),
		"Instruction": OneLine(row.Instruction), "Size": dockerSize(row.Size), "Transfer": dockerSize(row.Transfer), "Dead": dockerSize(row.Dead),
		"Files": Count(row.Files), "Digest": layerDigest(row, view),
	}
	if row.Created != nil {
		values["CreatedSince"] = Ago(*row.Created, view.Now)
		values["CreatedAt"] = row.Created.UTC().Format(time.RFC3339)
	}
	if row.EmptyLayer {
		for _, name := range []string{"Size", "Transfer", "Dead"} {
			values[name] = dockerSize(new(int64))
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

// dockerSize writes a size as docker history does: 7.8MB.
func dockerSize(bytes *int64) string {
	number, unit, _ := strings.Cut(SizeOf(bytes), " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number + unit
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
